"""Types of the cloud SDKs, read from the installed packages without importing them."""

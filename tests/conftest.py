"""Settings of all tests."""

from hypothesis import HealthCheck, settings

# Time limits on single examples make a loaded machine fail honest tests.
settings.register_profile(
    "modelport", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("modelport")

"""The runtime that every bundle carries: record, predictor and HTTP application."""

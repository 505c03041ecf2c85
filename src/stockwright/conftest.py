"""What every test of the package has; the database comes from the plugin `stockwright.kit.embedded.testing`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A shared, busy machine is slow at times: time limits per example would make the same test pass and fail.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000)
settings.load_profile(os.environ.get("STOCKWRIGHT_HYPOTHESIS", "default"))

# SPDX-License-Identifier: Apache-2.0
"""Figures out of samples."""

import math
import statistics


def median(samples):
    return statistics.median(samples) if samples else None


def median_ratio(above, below):
    """Of two series taken in the same rounds: the median of each, one by the other."""
    if not above or not below or not median(below):
        return None
    return median(above) / median(below)


def percentile(samples, share):
    """Nearest rank."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)] if ordered else None

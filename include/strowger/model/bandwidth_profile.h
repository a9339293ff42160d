// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"
#include "strowger/base/units.h"

#include <cstdint>
#include <optional>

namespace strowger {

/// Whether the meter heeds the colour a frame arrives with (its outermost tag's DEI; no tag:
/// green).
enum class ColorMode : std::uint8_t { ColorBlind, ColorAware };

/// What a tenant asked for, in the units the contract is written in. What is absent is resolved
/// once by BandwidthProfile::resolve.
struct BandwidthProfileSpec {
    BitsPerSecond cir;
    std::optional<Bytes> cbs;
    BitsPerSecond eir;
    std::optional<Bytes> ebs;
    ColorMode color_mode = ColorMode::ColorBlind;
    bool coupling_flag = false;
    friend bool operator==(const BandwidthProfileSpec&, const BandwidthProfileSpec&) = default;
};

/// A two-rate three-colour profile (RFC 4115, MEF 10.4 section 12) that can be metered as written.
///
/// Lengths are service frames, destination MAC to FCS, tags included, at least 64 bytes: no
/// preamble or inter-frame gap. A test set that counts layer 1 reads 20 bytes a frame more.
class BandwidthProfile {
public:
    /// Resolves defaults (CBS and EBS: the larger of two largest frames and 50 ms of the rate; 0
    /// when the rate is 0 and, for EBS, coupling does not feed it) and checks the whole. Pointers
    /// of problems are relative to the profile ("/cbs_bytes"). A burst below one largest frame is
    /// refused ("burst_below_frame"); limits are those of limits.h.
    static Result<BandwidthProfile> resolve(const BandwidthProfileSpec& spec, Bytes frame_max);

    [[nodiscard]] BitsPerSecond cir() const noexcept { return cir_; }
    [[nodiscard]] Bytes cbs() const noexcept { return cbs_; }
    [[nodiscard]] BitsPerSecond eir() const noexcept { return eir_; }
    [[nodiscard]] Bytes ebs() const noexcept { return ebs_; }
    [[nodiscard]] ColorMode color_mode() const noexcept { return color_mode_; }
    [[nodiscard]] bool coupling_flag() const noexcept { return coupling_flag_; }
    /// Whether a burst is legal but shorter than two largest frames, which is worth a warning.
    [[nodiscard]] bool burst_is_tight(Bytes frame_max) const noexcept;
    friend bool operator==(const BandwidthProfile&, const BandwidthProfile&) = default;

private:
    BandwidthProfile() = default;
    BitsPerSecond cir_;
    Bytes cbs_;
    BitsPerSecond eir_;
    Bytes ebs_;
    ColorMode color_mode_ = ColorMode::ColorBlind;
    bool coupling_flag_ = false;
};

} // namespace strowger

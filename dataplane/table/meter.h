// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/bandwidth_profile.h"
#include "strowger/model/limits.h"

#include <algorithm>
#include <cstdint>

namespace strowger::dataplane {

enum class Color : std::uint8_t { Green, Yellow, Red };

/// Shortest length metered: a frame is at least this long on any Ethernet.
inline constexpr std::uint32_t kMeteredBytesMin = 64;
inline constexpr std::uint32_t kFcsBytes = 4;

/// Length that counts against a profile (MEF 10.4 section 12.2): destination MAC to FCS.
[[nodiscard]] constexpr std::uint32_t metered_bytes(std::uint32_t packet_bytes) noexcept {
    return std::max(packet_bytes + kFcsBytes, kMeteredBytesMin);
}

/// The time of meters: the machine's clock, halved until it is slow enough that a gibibyte of
/// tokens fits in 64 bits. A tick stays below a nanosecond on any machine above 1 GHz.
struct MeterClock {
    static constexpr std::uint64_t kHzMax = (std::uint64_t{1} << 31) - 1;

    std::uint64_t hz = 1'000'000'000; ///< meter ticks a second
    unsigned shift = 0;               ///< clock ticks are shifted right by this

    [[nodiscard]] static constexpr MeterClock from_hz(std::uint64_t clock_hz) noexcept {
        MeterClock clock{.hz = clock_hz, .shift = 0};
        while (clock.hz > kHzMax) {
            ++clock.shift;
            clock.hz = clock_hz >> clock.shift;
        }
        return clock;
    }
    [[nodiscard]] constexpr std::uint64_t ticks(std::uint64_t clock_ticks) const noexcept {
        return clock_ticks >> shift;
    }
    /// Tokens of one byte: then a tick earns as many tokens as the rate has bits a second.
    [[nodiscard]] constexpr std::uint64_t byte_tokens() const noexcept { return 8 * hz; }
};

/// A bandwidth profile in whole numbers. Travels inside commands.
struct MeterConfig {
    std::uint64_t committed_bps = 0;
    std::uint64_t excess_bps = 0;
    std::uint32_t committed_burst_bytes = 0;
    std::uint32_t excess_burst_bytes = 0;
    bool color_aware = false;
    bool coupling = false;
};

[[nodiscard]] inline MeterConfig compile_meter(const BandwidthProfile& profile) noexcept {
    return MeterConfig{
        .committed_bps = profile.cir().value,
        .excess_bps = profile.eir().value,
        .committed_burst_bytes = static_cast<std::uint32_t>(profile.cbs().value),
        .excess_burst_bytes = static_cast<std::uint32_t>(profile.ebs().value),
        .color_aware = profile.color_mode() == ColorMode::ColorAware,
        .coupling = profile.coupling_flag(),
    };
}

/// A group of bits inside a 64-bit word.
template <unsigned kShift, unsigned kWidth>
struct BitField {
    static constexpr unsigned kBits = kWidth;
    static constexpr std::uint64_t kMax = (std::uint64_t{1} << kWidth) - 1;
    static constexpr std::uint64_t kMask = kMax << kShift;

    [[nodiscard]] static constexpr std::uint64_t get(std::uint64_t word) noexcept {
        return (word >> kShift) & kMax;
    }
    static constexpr void set(std::uint64_t& word, std::uint64_t value) noexcept {
        word = (word & ~kMask) | in_place(value);
    }
    /// The value where a word has it, and nothing else.
    [[nodiscard]] static constexpr std::uint64_t in_place(std::uint64_t value) noexcept {
        return (value & kMax) << kShift;
    }
};

/// Two-rate three-colour meter (RFC 4115, MEF 10.4 section 12.2) in whole numbers: a token is
/// 1/(8 × clock) byte, so a tick earns exactly as many tokens as the rate has bits a second.
/// Nothing is rounded, nothing is carried, nothing is divided.
///
/// Takes 48 bytes and leaves some of their bits to whoever shares the cache line with it (see
/// HotSlot): the meter reads its own bits and keeps the others.
class Meter {
public:
    // Its own bits of each word; the others are spare.
    using ExcessIsFull = BitField<0, 1>;    ///< of `times`
    using RefilledAt = BitField<3, 61>;     ///< of `times`, on top: so its difference has a sign
    using CommittedRate = BitField<0, 39>;  ///< of `committed`
    using Coupling = BitField<39, 1>;       ///< of `committed`
    using ColorAware = BitField<61, 1>;     ///< of `committed`
    using ExcessRate = BitField<0, 39>;     ///< of `excess`
    using CommittedBurst = BitField<0, 31>; ///< of `bursts`
    using ExcessBurst = BitField<31, 31>;   ///< of `bursts`
    static_assert(limits::kRateBpsMax <= CommittedRate::kMax);
    static_assert(limits::kBurstBytesMax <= CommittedBurst::kMax);

    /// Starts with full buckets. `now` is in ticks of the clock.
    void start(const MeterConfig& config, std::uint64_t now, const MeterClock& clock) noexcept {
        configure(config);
        committed_tokens_ = committed_cap(clock.byte_tokens());
        set_excess(excess_cap(clock.byte_tokens()), clock.byte_tokens());
        RefilledAt::set(times_, now);
    }

    /// Changes the profile. Tokens are kept, up to the new bursts; the time until now earns the old
    /// rates.
    void
    reconfigure(const MeterConfig& config, std::uint64_t now, const MeterClock& clock) noexcept {
        refill(now, clock.byte_tokens());
        configure(config);
        committed_tokens_ = std::min(committed_tokens_, committed_cap(clock.byte_tokens()));
        set_excess(std::min(excess_tokens_, excess_cap(clock.byte_tokens())), clock.byte_tokens());
    }

    /// Takes the tokens of one frame that nothing but their lack keeps from being green. False
    /// leaves it to color(), with the same `now`: there are too few, or there is more to be done
    /// than this.
    [[gnu::always_inline, nodiscard]] bool
    take_green(std::uint32_t bytes, std::uint64_t now, std::uint64_t byte_tokens) noexcept {
        if (ExcessIsFull::get(times_) == 0) [[unlikely]] {
            return false;
        }
        const std::uint64_t elapsed = go_on_to(now);
        const std::uint64_t gain = saturating_product(elapsed, CommittedRate::get(committed_));
        const std::uint64_t room = committed_cap(byte_tokens) - committed_tokens_;
        const std::uint64_t tokens = committed_tokens_ + std::min(gain, room);
        const std::uint64_t price = bytes * byte_tokens;
        if (tokens < price) [[unlikely]] {
            committed_tokens_ = tokens;
            return false;
        }
        committed_tokens_ = tokens - price;
        return true;
    }

    /// Whether a frame that arrives yellow can no more be green.
    [[nodiscard]] bool is_color_aware() const noexcept { return ColorAware::get(committed_) != 0; }

    /// Colours one frame and takes its tokens. `arrived_yellow` counts only when colour-aware.
    /// `byte_tokens` is the clock's.
    [[gnu::always_inline, nodiscard]] Color color(
        std::uint32_t bytes,
        bool arrived_yellow,
        std::uint64_t now,
        std::uint64_t byte_tokens
    ) noexcept {
        refill(now, byte_tokens);
        const std::uint64_t price = bytes * byte_tokens;
        if (committed_tokens_ >= price && !(arrived_yellow && is_color_aware())) [[likely]] {
            committed_tokens_ -= price;
            return Color::Green;
        }
        if (excess_tokens_ >= price) {
            excess_tokens_ -= price;
            ExcessIsFull::set(times_, 0);
            return Color::Yellow;
        }
        return Color::Red;
    }

    /// Goes on with the tokens of another meter of the same profile and clock.
    void take_tokens(const Meter& other) noexcept {
        committed_tokens_ = other.committed_tokens_;
        excess_tokens_ = other.excess_tokens_;
        RefilledAt::set(times_, RefilledAt::get(other.times_));
        ExcessIsFull::set(times_, ExcessIsFull::get(other.times_));
    }

    [[nodiscard]] std::uint64_t committed_tokens() const noexcept { return committed_tokens_; }
    [[nodiscard]] std::uint64_t excess_tokens() const noexcept { return excess_tokens_; }

    /// For the spare bits.
    [[nodiscard]] std::uint64_t times() const noexcept { return times_; }
    [[nodiscard]] std::uint64_t committed() const noexcept { return committed_; }
    [[nodiscard]] std::uint64_t excess() const noexcept { return excess_; }
    [[nodiscard]] std::uint64_t bursts() const noexcept { return bursts_; }
    [[nodiscard]] std::uint64_t& times() noexcept { return times_; }
    [[nodiscard]] std::uint64_t& committed() noexcept { return committed_; }
    [[nodiscard]] std::uint64_t& excess() noexcept { return excess_; }
    [[nodiscard]] std::uint64_t& bursts() noexcept { return bursts_; }

private:
    __extension__ using Wide = unsigned __int128;

    /// All ones where 64 bits are too few. Without a jump, for whether they are depends on how long
    /// a circuit was idle; and in the three instructions that this takes, of which GCC makes ten.
    [[gnu::always_inline, nodiscard]] static std::uint64_t
    saturating_product(std::uint64_t a, std::uint64_t b) noexcept {
        asm("mul %[b]\n\t"
            "sbb %%rdx, %%rdx\n\t"
            "or %%rdx, %[a]"
            : [a] "+&a"(a)
            : [b] "r"(b)
            : "rdx", "cc");
        return a;
    }

    void configure(const MeterConfig& config) noexcept {
        CommittedRate::set(committed_, config.committed_bps);
        Coupling::set(committed_, config.coupling ? 1 : 0);
        ColorAware::set(committed_, config.color_aware ? 1 : 0);
        ExcessRate::set(excess_, config.excess_bps);
        CommittedBurst::set(bursts_, config.committed_burst_bytes);
        ExcessBurst::set(bursts_, config.excess_burst_bytes);
    }

    /// Below 2^64: 2^30 bytes of less than 2^34 tokens.
    [[nodiscard]] std::uint64_t committed_cap(std::uint64_t byte_tokens) const noexcept {
        return CommittedBurst::get(bursts_) * byte_tokens;
    }
    [[nodiscard]] std::uint64_t excess_cap(std::uint64_t byte_tokens) const noexcept {
        return ExcessBurst::get(bursts_) * byte_tokens;
    }

    /// Ticks that have not earned anything yet; now they have. Right for 17 years without a frame
    /// at the fastest clock: ticks since then are a signed number of 61 bits. 0: this is the same
    /// burst, or the clock went back (another core's TSC).
    [[gnu::always_inline, nodiscard]] std::uint64_t go_on_to(std::uint64_t now) noexcept {
        const std::uint64_t ahead = RefilledAt::in_place(now) - (times_ & RefilledAt::kMask);
        if (static_cast<std::int64_t>(ahead) <= 0) [[unlikely]] {
            return 0;
        }
        times_ += ahead;
        return RefilledAt::get(ahead);
    }

    /// What is earned fits in 100 bits, and is cut off at the bucket. Returns what did not fit.
    [[gnu::always_inline]] Wide
    refill_committed(std::uint64_t elapsed, std::uint64_t byte_tokens) noexcept {
        const Wide earned = Wide{elapsed} * CommittedRate::get(committed_);
        const std::uint64_t room = committed_cap(byte_tokens) - committed_tokens_;
        const std::uint64_t taken = at_most(room, earned);
        committed_tokens_ += taken;
        return earned - taken;
    }

    [[gnu::always_inline]] void refill(std::uint64_t now, std::uint64_t byte_tokens) noexcept {
        const std::uint64_t elapsed = go_on_to(now);
        if (elapsed == 0) [[unlikely]] {
            return;
        }
        const Wide overflow = refill_committed(elapsed, byte_tokens);
        if (ExcessIsFull::get(times_) == 0) {
            refill_excess(elapsed, overflow, byte_tokens);
        }
    }

    /// Most circuits send within CIR, and so most excess buckets are full: not asked again for each
    /// frame. With the coupling flag, what overflows as green serves yellow.
    [[gnu::noinline]] void
    refill_excess(std::uint64_t elapsed, Wide overflow, std::uint64_t byte_tokens) noexcept {
        Wide gain = Wide{elapsed} * ExcessRate::get(excess_);
        gain += Coupling::get(committed_) != 0 ? overflow : Wide{0};
        const std::uint64_t room = excess_cap(byte_tokens) - excess_tokens_;
        set_excess(excess_tokens_ + at_most(room, gain), byte_tokens);
    }

    void set_excess(std::uint64_t tokens, std::uint64_t byte_tokens) noexcept {
        excess_tokens_ = tokens;
        ExcessIsFull::set(times_, tokens == excess_cap(byte_tokens) ? 1 : 0);
    }

    [[nodiscard]] static std::uint64_t at_most(std::uint64_t room, Wide gain) noexcept {
        return gain > room ? room : static_cast<std::uint64_t>(gain);
    }

    std::uint64_t committed_tokens_ = 0;
    std::uint64_t excess_tokens_ = 0;
    std::uint64_t times_ = 0;
    std::uint64_t committed_ = 0;
    std::uint64_t excess_ = 0;
    std::uint64_t bursts_ = 0;
};
static_assert(sizeof(Meter) == 48);

} // namespace strowger::dataplane

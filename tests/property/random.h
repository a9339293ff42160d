// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <iostream>
#include <random>
#include <string>

namespace strowger {

/// Numbers that a seed decides, the same with every standard library.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    std::uint64_t bits() { return engine_(); }
    /// 0 to n - 1.
    std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    /// first to last, both included.
    std::uint64_t between(std::uint64_t first, std::uint64_t last) {
        return first + below(last - first + 1);
    }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <typename T>
    T pick(std::initializer_list<T> values) {
        return values.begin()[below(values.size())];
    }
    /// Every order of magnitude up to 2^bits - 1 is as likely as any other.
    std::uint64_t magnitude(unsigned bits) {
        const std::uint64_t shift = 64 - between(1, bits);
        return engine_() >> shift;
    }

private:
    std::mt19937_64 engine_;
};

/// The seed of this run: STROWGER_SEED, else a new one. Printed, so that a failure can be replayed.
inline std::uint64_t run_seed() {
    static const std::uint64_t kSeed = [] {
        const char* const given = std::getenv("STROWGER_SEED");
        const std::uint64_t seed = given != nullptr ? std::stoull(given)
                                                    : (std::uint64_t{std::random_device{}()} << 32U
                                                      ) ^ std::random_device{}();
        std::cout << "STROWGER_SEED=" << seed << " replays this run" << std::endl;
        return seed;
    }();
    return kSeed;
}

/// How much more STROWGER_SOAK=1 does.
inline std::uint64_t soak_factor() {
    const char* const soak = std::getenv("STROWGER_SOAK");
    return soak != nullptr && std::string(soak) == "1" ? 50 : 1;
}

/// Whether the tests that have others beside them have very many.
inline bool many_circuits() {
    const char* const many = std::getenv("STROWGER_MANY_CIRCUITS");
    return soak_factor() > 1 || (many != nullptr && std::string(many) == "1");
}

} // namespace strowger

// SPDX-License-Identifier: Apache-2.0
#include "auth/token.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace strowger::auth {
namespace {

constexpr std::string_view kPrefix = "stw_";
constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kSecretDigits = 43;  // 62^43 > 2^256
constexpr std::size_t kChecksumDigits = 6; // 62^6 > 2^32
constexpr std::size_t kTokenBytes = kPrefix.size() + kSecretDigits + kChecksumDigits;

/// CRC-32 as in Ethernet and zip (IEEE 802.3): catches every typing error of one or two digits.
std::uint32_t crc32(std::string_view data) {
    std::uint32_t crc = 0xFFFF'FFFF;
    for (const char character : data) {
        crc ^= static_cast<std::uint8_t>(character);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB8'8320U : 0U);
        }
    }
    return ~crc;
}

std::string checksum_digits(std::string_view body) {
    std::string digits(kChecksumDigits, '0');
    std::uint32_t rest = crc32(body);
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
        *digit = kDigits[rest % kDigits.size()];
        rest /= static_cast<std::uint32_t>(kDigits.size());
    }
    return digits;
}

/// All 256 bits as one number in base 62: no bias, and no rejection loop.
std::string secret_digits(std::array<std::uint8_t, 32> number) {
    std::string digits(kSecretDigits, '0');
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
        std::uint32_t remainder = 0;
        for (std::uint8_t& byte : number) {
            const std::uint32_t value = remainder * 256 + byte;
            byte = static_cast<std::uint8_t>(value / kDigits.size());
            remainder = value % static_cast<std::uint32_t>(kDigits.size());
        }
        *digit = kDigits[remainder];
    }
    return digits;
}

} // namespace

TokenSecret generate_token() {
    std::array<std::uint8_t, 32> secret{};
    random_bytes(secret.data(), secret.size());
    std::string text = std::string(kPrefix) + secret_digits(secret);
    text += checksum_digits(text);
    const Digest digest = sha256(text);
    return {std::move(text), digest};
}

bool token_is_well_formed(std::string_view text) {
    if (text.size() != kTokenBytes || !text.starts_with(kPrefix)) {
        return false;
    }
    const std::string_view digits = text.substr(kPrefix.size());
    const bool base62 = std::all_of(digits.begin(), digits.end(), [](char character) {
        return kDigits.find(character) != std::string_view::npos;
    });
    const std::size_t body_bytes = kPrefix.size() + kSecretDigits;
    return base62 && checksum_digits(text.substr(0, body_bytes)) == text.substr(body_bytes);
}

} // namespace strowger::auth

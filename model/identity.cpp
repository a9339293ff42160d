// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/identity.h"

#include "model/text.h"
#include "strowger/model/limits.h"

#include <algorithm>

namespace strowger {
namespace {

constexpr std::array<std::string_view, kObjectKindCount> kPrefixes =
    {"ten", "tok", "prt", "uni", "ckt", "ord", "slc"};
constexpr std::array<std::string_view, kObjectKindCount> kWords =
    {"tenant", "token", "port", "uni", "circuit", "order", "slice"};

// Crockford's base 32, as ULID uses it: no I, L, O, U.
constexpr std::string_view kUlidDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kUlidTimeSize = 10;
constexpr std::size_t kUlidSize = 26;
constexpr std::uint64_t kUlidMsMax = (std::uint64_t{1} << 48U) - 1;

constexpr std::size_t kNameSizeMax = 63;

Error invalid(std::string message, std::string_view code, std::string_view hint) {
    Problem problem{"", std::string(code), message, std::string(hint), ""};
    return Error{ErrorCode::Invalid, std::move(message), {std::move(problem)}};
}

bool is_ulid(std::string_view text) {
    const auto is_digit = [](char c) { return kUlidDigits.find(c) != std::string_view::npos; };
    // 26 digits hold 130 bits and a ULID has 128, so the first digit is at most 7.
    return text.size() == kUlidSize && text.front() <= '7' &&
           std::all_of(text.begin(), text.end(), is_digit);
}

/// Adds one to 80 bits, most significant byte first; false when they wrap to zero.
bool increment(std::array<std::uint8_t, 10>& number) {
    return std::any_of(number.rbegin(), number.rend(), [](std::uint8_t& byte) {
        return ++byte != 0;
    });
}

} // namespace

std::string_view id_prefix(ObjectKind kind) noexcept {
    return kPrefixes[static_cast<std::size_t>(kind)];
}

std::string_view to_string(ObjectKind kind) noexcept {
    return kWords[static_cast<std::size_t>(kind)];
}

Result<ObjectId> ObjectId::from(ObjectKind kind, std::string_view text) {
    const std::string_view prefix = id_prefix(kind);
    const bool prefixed = text.size() > prefix.size() && text.substr(0, prefix.size()) == prefix &&
                          text[prefix.size()] == '_';
    if (!prefixed || !is_ulid(text.substr(prefix.size() + 1))) {
        return invalid(
            "This is not the id of a " + std::string(to_string(kind)) + ".",
            "invalid_id",
            "An id is " + std::string(prefix) + "_ and 26 characters of 0-9 and A-Z."
        );
    }
    return ObjectId(kind, std::string(text));
}

ObjectId
ObjectId::make(ObjectKind kind, std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& random) {
    STROWGER_CHECK(unix_ms <= kUlidMsMax);
    std::string text(id_prefix(kind));
    text += '_';
    for (std::size_t i = kUlidTimeSize; i-- > 0;) {
        text += kUlidDigits[unix_ms >> (5U * i) & 31U];
    }
    // 80 random bits are 16 digits of 5 without a remainder; each 5 bytes give 8 digits.
    for (std::size_t half = 0; half < random.size(); half += 5) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            bits = bits << 8U | random[half + i];
        }
        for (std::size_t i = 8; i-- > 0;) {
            text += kUlidDigits[bits >> (5U * i) & 31U];
        }
    }
    return {kind, std::move(text)};
}

ObjectId ObjectIdSource::next(ObjectKind kind, std::int64_t wall_us) {
    const std::uint64_t now_ms = wall_us < 0 ? 0 : static_cast<std::uint64_t>(wall_us) / 1'000;
    if (now_ms > last_ms_) {
        last_ms_ = now_ms;
        random_(last_random_.data(), last_random_.size());
    } else if (!increment(last_random_)) {
        // The same millisecond, or a wall clock that was set back: ids rise all the same.
        ++last_ms_;
    }
    return ObjectId::make(kind, last_ms_, last_random_);
}

void ObjectIdSource::continue_above(const ObjectId& last) {
    const std::string_view ulid =
        std::string_view(last.text()).substr(id_prefix(last.kind()).size() + 1);
    const auto bits_of = [&](std::size_t first, std::size_t count) {
        std::uint64_t bits = 0;
        for (const char digit : ulid.substr(first, count)) {
            bits = bits << 5U | kUlidDigits.find(digit);
        }
        return bits;
    };
    last_ms_ = bits_of(0, kUlidTimeSize);
    for (std::size_t half = 0; half < 2; ++half) {
        const std::uint64_t bits = bits_of(kUlidTimeSize + 8 * half, 8);
        for (std::size_t byte = 0; byte < 5; ++byte) {
            last_random_[5 * half + byte] = static_cast<std::uint8_t>(bits >> (8U * (4 - byte)));
        }
    }
}

Result<Name> Name::from(std::string_view text) {
    const auto is_inner = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    const bool sound = !text.empty() && text.size() <= kNameSizeMax && text.front() != '-' &&
                       text.back() != '-' && std::all_of(text.begin(), text.end(), is_inner);
    if (!sound) {
        return invalid(
            "This is not a name.",
            "invalid_name",
            "A name has 1 to 63 characters of a-z, 0-9 and '-', and '-' neither first nor last."
        );
    }
    return Name(std::string(text));
}

void check_tags(const Tags& tags, std::string_view pointer, std::vector<Problem>& problems) {
    using model::is_printable_utf8;
    if (tags.size() > limits::kTagsMax) {
        problems.push_back(
            {std::string(pointer),
             "out_of_range",
             "There are " + std::to_string(tags.size()) + " tags.",
             "At most " + std::to_string(limits::kTagsMax) + " tags.",
             ""}
        );
    }
    for (const auto& [key, value] : tags) {
        const bool printable = is_printable_utf8(key);
        // A key that cannot be shown is not put into a pointer, which is shown.
        const std::string at = printable ? model::pointer_to(pointer, key) : std::string(pointer);
        if (!printable || !is_printable_utf8(value)) {
            problems.push_back(
                {at,
                 "invalid_text",
                 "A tag holds control characters or is not UTF-8.",
                 "Use printable characters.",
                 ""}
            );
        }
        if (key.empty() || key.size() > limits::kTagKeyBytesMax) {
            problems.push_back(
                {at,
                 "out_of_range",
                 "A tag's key has " + std::to_string(key.size()) + " bytes.",
                 "1 to " + std::to_string(limits::kTagKeyBytesMax) + " bytes.",
                 ""}
            );
        }
        if (value.size() > limits::kTagValueBytesMax) {
            problems.push_back(
                {at,
                 "out_of_range",
                 "A tag's value has " + std::to_string(value.size()) + " bytes.",
                 "At most " + std::to_string(limits::kTagValueBytesMax) + " bytes.",
                 ""}
            );
        }
    }
}

void check_display_name(
    std::string_view text,
    std::string_view pointer,
    std::vector<Problem>& problems
) {
    if (text.size() > limits::kDisplayNameBytesMax) {
        problems.push_back(
            {std::string(pointer),
             "out_of_range",
             "The display name has " + std::to_string(text.size()) + " bytes.",
             "At most " + std::to_string(limits::kDisplayNameBytesMax) + " bytes.",
             ""}
        );
    }
    if (!model::is_printable_utf8(text)) {
        problems.push_back(
            {std::string(pointer),
             "invalid_text",
             "The display name holds control characters or is not UTF-8.",
             "Use printable characters.",
             ""}
        );
    }
}

} // namespace strowger

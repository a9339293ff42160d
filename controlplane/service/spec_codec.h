// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/records.h"

#include <string>
#include <string_view>

namespace strowger::service {

/// Turns stored text into values and back. The service and the store know specs as text only, so
/// that one place (the API) decides what JSON looks like. What is decoded here was accepted before;
/// a failure means a damaged store.
class SpecCodec {
public:
    SpecCodec() = default;
    SpecCodec(const SpecCodec&) = delete;
    SpecCodec& operator=(const SpecCodec&) = delete;
    SpecCodec(SpecCodec&&) = delete;
    SpecCodec& operator=(SpecCodec&&) = delete;
    virtual ~SpecCodec() = default;

    [[nodiscard]] virtual Result<TenantSpec> decode_tenant(std::string_view json) const = 0;
    [[nodiscard]] virtual Result<TokenSpec> decode_token(std::string_view json) const = 0;
    [[nodiscard]] virtual Result<UniSpec> decode_uni(std::string_view json) const = 0;
    [[nodiscard]] virtual Result<CircuitSpec> decode_circuit(std::string_view json) const = 0;
    [[nodiscard]] virtual Result<SliceSpec> decode_slice(std::string_view json) const = 0;
    /// {"max_frame_bytes":…,"endpoints":{"a":{"bandwidth":{all six members}},…}}
    [[nodiscard]] virtual std::string encode_effective(const EffectiveCircuit& effective) const = 0;
    [[nodiscard]] virtual Result<EffectiveCircuit> decode_effective(std::string_view json
    ) const = 0;
};

} // namespace strowger::service

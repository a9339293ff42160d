// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/spec_codec.h"

namespace strowger::api {

/// The store's texts are the API's canonical ones.
class JsonCodec final : public service::SpecCodec {
public:
    [[nodiscard]] Result<TenantSpec> decode_tenant(std::string_view json) const override;
    [[nodiscard]] Result<service::TokenSpec> decode_token(std::string_view json) const override;
    [[nodiscard]] Result<UniSpec> decode_uni(std::string_view json) const override;
    [[nodiscard]] Result<CircuitSpec> decode_circuit(std::string_view json) const override;
    [[nodiscard]] Result<SliceSpec> decode_slice(std::string_view json) const override;
    [[nodiscard]] std::string encode_effective(const EffectiveCircuit& effective) const override;
    [[nodiscard]] Result<EffectiveCircuit> decode_effective(std::string_view json) const override;
};

} // namespace strowger::api

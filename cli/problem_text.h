// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/failure.h"
#include "cli/http_client.h"

#include <ostream>
#include <string>
#include <string_view>

namespace strowger::cli {

/// A JSON pointer in words: "/endpoints/a/vlan_map/c_vlans/1" is "endpoint a, VLAN map, C-VLANs,
/// item 2". Members without a word of their own keep their name.
std::string pointer_in_words(std::string_view pointer);

/// What a refusal of the API means to the caller. `what` says what did not happen: "circuit ny-dc
/// was not created".
Failure failure_from_reply(const HttpReply& reply, std::string_view what);

/// Three lines: what happened; why (one line a fault); how to cure it.
void print_failure(std::ostream& err, const Failure& failure, bool color);

/// The API's own problem object, or one of the same shape for what the API never saw.
std::string failure_as_json(const Failure& failure);

} // namespace strowger::cli

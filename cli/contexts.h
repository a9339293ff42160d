// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/failure.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::cli {

/// One remembered exchange: where it listens and who asks. Empty members are absent.
struct Context {
    std::string url;
    std::string socket;
    std::string token;
    std::string tenant;
    std::string ca_file;
};

/// ~/.config/strowger/contexts.yaml. It holds tokens: written with mode 0600, replaced as a whole.
struct ContextFile {
    std::string current; ///< empty: none chosen
    std::map<std::string, Context> contexts;
};

/// An absent file is an empty one. Refuses unknown keys, with file, line and what is allowed.
Outcome<ContextFile> load_contexts(const std::string& path);
Outcome<Done> save_contexts(const std::string& path, const ContextFile& file);

/// Whether others than the owner may read the file; false when there is none.
[[nodiscard]] bool readable_by_others(const std::string& path);

/// "stw_Ab12…": enough to recognise a token, too little to use it.
std::string mask_token(std::string_view token);

} // namespace strowger::cli

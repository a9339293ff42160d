// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <memory>
#include <string>

namespace strowger::store {

/// Keeps a second daemon away from the same file: two writers would each answer for an inventory
/// that the other changes. A lock on a file beside it, since closing any descriptor of the database
/// itself would drop SQLite's own locks. The kernel lets go of it when the process ends, however.
class FileClaim {
public:
    /// Fails with a sentence when another process holds it, or the folder cannot be written.
    static Result<std::unique_ptr<FileClaim>> take(const std::string& path);
    ~FileClaim();
    FileClaim(const FileClaim&) = delete;
    FileClaim& operator=(const FileClaim&) = delete;
    FileClaim(FileClaim&&) = delete;
    FileClaim& operator=(FileClaim&&) = delete;

private:
    explicit FileClaim(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

} // namespace strowger::store

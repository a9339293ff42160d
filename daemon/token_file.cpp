// SPDX-License-Identifier: Apache-2.0
#include "token_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strowger::daemon {

namespace {

Error failed(const std::string& step, const std::string& path) {
    return {
        .code = ErrorCode::Unavailable,
        .message =
            "cannot " + step + " the operator's token file " + path + ": " + std::strerror(errno),
        .problems = {}};
}

bool write_all(int file, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t wrote = ::write(file, text.data() + done, text.size() - done);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        done += wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
    }
    return true;
}

bool sync_folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) {
        ::close(file);
    }
    return synced;
}

} // namespace

Result<void> write_token_file(const std::string& path, const std::string& token) {
    // Written beside and renamed, so that a reader or a crash sees the whole token or none; O_EXCL,
    // so that nobody's link is followed.
    const std::string fresh = path + ".new";
    (void)::unlink(fresh.c_str());
    const int file =
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        return failed("create", fresh);
    }
    const bool written =
        ::fchmod(file, 0600) == 0 && write_all(file, token + "\n") && ::fsync(file) == 0;
    if (!written) {
        const Error error = failed("write", fresh);
        ::close(file);
        (void)::unlink(fresh.c_str());
        return error;
    }
    ::close(file);
    if (std::rename(fresh.c_str(), path.c_str()) != 0 || !sync_folder_of(path)) {
        const Error error = failed("place", path);
        (void)::unlink(fresh.c_str());
        return error;
    }
    return {};
}

} // namespace strowger::daemon

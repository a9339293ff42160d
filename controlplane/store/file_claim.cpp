// SPDX-License-Identifier: Apache-2.0
#include "store/file_claim.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace strowger::store {

Result<std::unique_ptr<FileClaim>> FileClaim::take(const std::string& path) {
    const std::string lock_path = path + ".lock";
    const int descriptor = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return Error{
            ErrorCode::Unavailable, lock_path + " cannot be opened: " + std::strerror(errno), {}};
    }
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        ::close(descriptor);
        return Error{
            ErrorCode::Unavailable,
            reason == EWOULDBLOCK ? "another strowgerd is using it"
                                  : lock_path + " cannot be locked: " + std::strerror(reason),
            {}};
    }
    return std::unique_ptr<FileClaim>(new FileClaim(descriptor));
}

FileClaim::~FileClaim() {
    ::close(descriptor_);
}

} // namespace strowger::store

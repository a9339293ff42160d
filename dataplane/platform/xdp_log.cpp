// SPDX-License-Identifier: Apache-2.0
#include "platform/xdp_log.h"

#include <rte_log.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <dlfcn.h>

namespace strowger::dataplane {

namespace {

using Print = int (*)(int level, const char* format, std::va_list values);
using SetPrint = Print (*)(Print print);

int print(int /*level*/, const char* format, std::va_list values) {
    std::array<char, 512> line{};
    const int length = std::vsnprintf(line.data(), line.size(), format, values);
    rte_log(RTE_LOG_DEBUG, RTE_LOGTYPE_USER1, "%s", line.data());
    return length;
}

/// The driver's libraries, not ours: they are found only when they are there already.
void set_print(const char* library, const char* function) {
    void* const handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) {
        return;
    }
    // The address of a function as POSIX has dlsym return it.
    if (const auto set = reinterpret_cast<SetPrint>(dlsym(handle, function)); set != nullptr) {
        set(print);
    }
    dlclose(handle);
}

} // namespace

void route_xdp_log() {
    set_print("libbpf.so.1", "libbpf_set_print");
    set_print("libxdp.so.1", "libxdp_set_print");
}

} // namespace strowger::dataplane

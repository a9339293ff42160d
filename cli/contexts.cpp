// SPDX-License-Identifier: Apache-2.0
#include "cli/contexts.h"

#include <yaml-cpp/yaml.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace strowger::cli {
namespace {

struct Key {
    std::string_view name;
    std::string Context::*member;
};
constexpr std::array<Key, 5> kKeys = {{
    {"url", &Context::url},
    {"socket", &Context::socket},
    {"token", &Context::token},
    {"tenant", &Context::tenant},
    {"ca_file", &Context::ca_file},
}};

Failure bad_file(const std::string& path, int line, const std::string& why) {
    return usage_failure(
        fmt::format("cannot use {}", path),
        line > 0 ? fmt::format("line {}: {}", line, why) : why,
        "correct the file, or delete it and run `strowger context set NAME ...`"
    );
}

Failure io_failure(const std::string& path, const std::string& doing) {
    return make_failure(
        ExitCode::General,
        fmt::format("cannot {} {}", doing, path),
        std::strerror(errno),
        "check the directory and its owner"
    );
}

int line_of(const YAML::Node& node) {
    return node.Mark().line + 1;
}

Outcome<Context> decode_context(const std::string& path, const YAML::Node& node) {
    if (!node.IsMap()) {
        return bad_file(
            path, line_of(node), "a context is a map of url, socket, token, tenant, ca_file"
        );
    }
    Context context;
    for (const auto& entry : node) {
        const auto name = entry.first.as<std::string>();
        const Key* known = nullptr;
        for (const Key& key : kKeys) {
            known = key.name == name ? &key : known;
        }
        if (known == nullptr || !entry.second.IsScalar()) {
            return bad_file(
                path,
                line_of(entry.first),
                fmt::format("'{}' is none of url, socket, token, tenant, ca_file", name)
            );
        }
        context.*(known->member) = entry.second.as<std::string>();
    }
    return context;
}

Outcome<std::map<std::string, Context>>
decode_contexts(const std::string& path, const YAML::Node& contexts) {
    std::map<std::string, Context> decoded;
    for (const auto& entry : contexts) {
        auto context = decode_context(path, entry.second);
        if (Failure* failure = failure_of(context)) {
            return std::move(*failure);
        }
        decoded[entry.first.as<std::string>()] = std::get<Context>(std::move(context));
    }
    return decoded;
}

Outcome<ContextFile> decode_file(const std::string& path, const YAML::Node& root) {
    ContextFile file;
    if (root.IsNull()) {
        return file;
    }
    if (!root.IsMap()) {
        return bad_file(path, line_of(root), "the file is a map of current and contexts");
    }
    for (const auto& entry : root) {
        const auto name = entry.first.as<std::string>();
        if (name == "current" && entry.second.IsScalar()) {
            file.current = entry.second.as<std::string>();
        } else if (name == "contexts" && entry.second.IsMap()) {
            auto decoded = decode_contexts(path, entry.second);
            if (Failure* failure = failure_of(decoded)) {
                return std::move(*failure);
            }
            file.contexts = std::get<0>(std::move(decoded));
        } else {
            return bad_file(
                path, line_of(entry.first), fmt::format("'{}' is none of current, contexts", name)
            );
        }
    }
    return file;
}

std::string encode_file(const ContextFile& file) {
    YAML::Emitter out;
    out << YAML::BeginMap << YAML::Key << "current" << YAML::Value << YAML::DoubleQuoted
        << file.current;
    out << YAML::Key << "contexts" << YAML::Value << YAML::BeginMap;
    for (const auto& [name, context] : file.contexts) {
        out << YAML::Key << YAML::DoubleQuoted << name << YAML::Value << YAML::BeginMap;
        for (const Key& key : kKeys) {
            const std::string& value = context.*(key.member);
            if (!value.empty()) {
                out << YAML::Key << std::string(key.name) << YAML::Value << YAML::DoubleQuoted
                    << value;
            }
        }
        out << YAML::EndMap;
    }
    out << YAML::EndMap << YAML::EndMap;
    return std::string(out.c_str()) + "\n";
}

bool write_whole(int descriptor, const std::string& text) {
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        written += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    return ::fsync(descriptor) == 0;
}

} // namespace

Outcome<ContextFile> load_contexts(const std::string& path) {
    std::ifstream stream(path);
    if (!stream) {
        // Absent is empty; there but unreadable is a mistake that must not look like "no context".
        std::error_code ignored;
        if (path.empty() || !std::filesystem::exists(path, ignored)) {
            return ContextFile{};
        }
        return bad_file(path, 0, std::strerror(errno));
    }
    std::ostringstream text;
    text << stream.rdbuf();
    try {
        return decode_file(path, YAML::Load(text.str()));
    } catch (const YAML::Exception& error) {
        return bad_file(path, error.mark.line + 1, error.msg);
    }
}

Outcome<Done> save_contexts(const std::string& path, const ContextFile& file) {
    if (path.empty()) {
        return make_failure(
            ExitCode::General,
            "cannot remember a context",
            "neither XDG_CONFIG_HOME nor HOME is set",
            "set HOME, or use --url and --token"
        );
    }
    const std::filesystem::path target(path);
    std::error_code error;
    const bool made = std::filesystem::create_directories(target.parent_path(), error);
    if (made) {
        ::chmod(target.parent_path().c_str(), S_IRWXU);
    }
    // Written beside and renamed: a full disk leaves the old file, and no moment shows a token to
    // others.
    const std::string beside = fmt::format("{}.{}", path, ::getpid());
    const int descriptor =
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        return io_failure(beside, "create");
    }
    const bool written = write_whole(descriptor, encode_file(file));
    ::close(descriptor);
    if (!written || ::rename(beside.c_str(), path.c_str()) != 0) {
        const Failure failure = io_failure(path, "write");
        ::unlink(beside.c_str());
        return failure;
    }
    return Done{};
}

bool readable_by_others(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

std::string mask_token(std::string_view token) {
    constexpr std::size_t kShown = 8; // "stw_" and four characters of 43
    if (token.empty()) {
        return "";
    }
    return token.size() <= 2 * kShown ? "set" : std::string(token.substr(0, kShown)) + "…";
}

} // namespace strowger::cli

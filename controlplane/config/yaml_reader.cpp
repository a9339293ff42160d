// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

namespace strowger::config {

namespace {

Place place_of(const YAML::Node& node) {
    const YAML::Mark mark = node.Mark();
    // yaml-cpp has no mark for what is not there, and marks it -1.
    return {.line = std::max(mark.line, 0), .column = std::max(mark.column, 0)};
}

std::string join(std::initializer_list<std::string_view> words) {
    std::string joined;
    for (const std::string_view word : words) {
        joined += (joined.empty() ? "" : ", ") + std::string{word};
    }
    return joined;
}

std::string parent_of(const std::string& path) {
    const std::size_t cut = path.find_last_of(".[");
    return cut == std::string::npos ? std::string{} : path.substr(0, cut);
}

// Quoted scalars carry the tag "!": `core: "1"` is a text that looks like a number.
bool is_plain(const YAML::Node& node) {
    return node.Tag() == "?" || node.Tag().empty();
}

/// Notes where documents begin. YAML::LoadAll cannot be used to see whether there are several: at a
/// stray bracket it makes empty documents for ever, and YAML::Load ignores what follows the first.
class DocumentStarts final : public YAML::EventHandler {
public:
    std::vector<Place> starts;

    void OnDocumentStart(const YAML::Mark& mark) override {
        starts.push_back({.line = std::max(mark.line, 0), .column = std::max(mark.column, 0)});
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&)
        override {}
    void OnSequenceStart(
        const YAML::Mark&,
        const std::string&,
        YAML::anchor_t,
        YAML::EmitterStyle::value
    ) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(
        const YAML::Mark&,
        const std::string&,
        YAML::anchor_t,
        YAML::EmitterStyle::value
    ) override {}
    void OnMapEnd() override {}
};

/// Where the first two documents of the text begin. Throws as yaml-cpp does.
std::vector<Place> document_starts(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    DocumentStarts documents;
    while (documents.starts.size() < 2 && parser.HandleNextDocument(documents)) {
    }
    return documents.starts;
}

} // namespace

void Problems::add_at(Place place, Problem problem) {
    found_.push_back({.place = place, .problem = std::move(problem)});
}

void Problems::add(Problem problem) {
    std::string path = problem.pointer;
    auto place = places_.find(path);
    while (place == places_.end() && !path.empty()) {
        path = parent_of(path);
        place = places_.find(path);
    }
    add_at(place == places_.end() ? Place{} : place->second, std::move(problem));
}

bool Problems::refused(std::string_view path) const {
    return std::any_of(found_.begin(), found_.end(), [path](const Found& found) {
        return found.problem.pointer == path;
    });
}

Error Problems::to_error() const {
    std::vector<Found> sorted = found_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Found& a, const Found& b) {
        return a.place < b.place;
    });
    Error error{.code = ErrorCode::Invalid, .message = {}, .problems = {}};
    error.message = file_name_ + " has " + std::to_string(sorted.size()) +
                    (sorted.size() == 1 ? " problem" : " problems");
    for (Found& found : sorted) {
        std::string text = file_name_ + ":" + std::to_string(found.place.line + 1) + ":" +
                           std::to_string(found.place.column + 1) + ": ";
        if (!found.problem.pointer.empty()) {
            text.append(found.problem.pointer).append(": ");
        }
        text.append(found.problem.message);
        found.problem.message = std::move(text);
        error.problems.push_back(std::move(found.problem));
    }
    return error;
}

Mapping::Mapping(
    const YAML::Node& node,
    std::string path,
    std::initializer_list<std::string_view> allowed,
    Problems& problems
)
    : path_(std::move(path)), problems_(problems) {
    if (path_.empty()) {
        problems_.remember(path_, place_of(node));
    }
    if (!node.IsMap()) {
        problems_.add(
            {.pointer = path_,
             .code = "wrong_type",
             .message = "must be a mapping",
             .hint = "keys: " + join(allowed),
             .rule = {}}
        );
        return;
    }
    read_keys(node, allowed);
}

void Mapping::read_keys(const YAML::Node& node, std::initializer_list<std::string_view> allowed) {
    for (const auto& entry : node) {
        const Place place = place_of(entry.first);
        const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
        if (!entry.first.IsScalar() ||
            std::find(allowed.begin(), allowed.end(), key) == allowed.end()) {
            problems_.add_at(
                place,
                {.pointer = path_of(key),
                 .code = "unknown_member",
                 .message = "unknown key",
                 .hint = "allowed here: " + join(allowed),
                 .rule = {}}
            );
            continue;
        }
        if (values_.contains(key)) {
            problems_.add_at(
                place,
                {.pointer = path_of(key),
                 .code = "duplicate_member",
                 .message = "the key is given twice",
                 .hint = "give it once",
                 .rule = {}}
            );
            continue;
        }
        // An empty value is marked where the next token is.
        problems_.remember(path_of(key), entry.second.IsNull() ? place : place_of(entry.second));
        values_.emplace(key, entry.second);
    }
}

void Mapping::require(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        if (!problems_.refused(path_) && !values_.contains(key)) {
            problems_.add(
                {.pointer = path_of(key),
                 .code = "required",
                 .message = "is missing",
                 .hint = "required here: " + join(keys),
                 .rule = {}}
            );
        }
    }
}

std::optional<YAML::Node> Mapping::find(std::string_view key) const {
    const auto value = values_.find(key);
    return value == values_.end() ? std::nullopt : std::optional{value->second};
}

std::string Mapping::path_of(std::string_view key) const {
    return path_.empty() ? std::string{key} : path_ + "." + std::string{key};
}

void Mapping::refuse(
    std::string_view key,
    const char* code,
    std::string message,
    std::string hint
) {
    problems_.add(
        {.pointer = path_of(key),
         .code = code,
         .message = std::move(message),
         .hint = std::move(hint),
         .rule = {}}
    );
}

std::optional<std::string> Mapping::scalar(std::string_view key, const char* wanted) {
    const auto node = find(key);
    if (!node) {
        return std::nullopt;
    }
    if (!node->IsScalar()) {
        refuse(key, "wrong_type", "has the wrong type", wanted);
        return std::nullopt;
    }
    return node->Scalar();
}

void Mapping::integer(std::string_view key, Range allowed, std::uint32_t& out) {
    const std::string hint =
        "a whole number from " + std::to_string(allowed.min) + " to " + std::to_string(allowed.max);
    const auto word = scalar(key, hint.c_str());
    if (!word) {
        return;
    }
    std::uint64_t value = 0;
    const char* const end = word->data() + word->size();
    const auto [parsed, status] = std::from_chars(word->data(), end, value);
    const bool decimal =
        std::all_of(word->begin(), word->end(), [](char c) { return c >= '0' && c <= '9'; });
    if (word->empty() || !decimal || !is_plain(*find(key))) {
        refuse(key, "wrong_type", "'" + *word + "' is not a whole decimal number", hint);
        return;
    }
    if (status != std::errc{} || parsed != end || value < allowed.min || value > allowed.max) {
        refuse(key, "out_of_range", *word + " is out of range", hint);
        return;
    }
    out = static_cast<std::uint32_t>(value);
}

void Mapping::boolean(std::string_view key, bool& out) {
    const auto word = scalar(key, "true or false");
    if (!word) {
        return;
    }
    // YAML 1.1 also takes yes, on, y: which of them is true depends on the reader.
    if (!is_plain(*find(key)) || (*word != "true" && *word != "false")) {
        refuse(key, "wrong_type", "'" + *word + "' is neither true nor false", "true or false");
        return;
    }
    out = *word == "true";
}

void Mapping::text(std::string_view key, std::string& out) {
    const auto word = scalar(key, "a text");
    if (!word) {
        return;
    }
    const bool printable = std::all_of(word->begin(), word->end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    });
    if (word->empty() || !printable) {
        refuse(key, "out_of_range", "is empty or holds control characters", "a printable text");
        return;
    }
    out = *word;
}

void Mapping::text(std::string_view key, std::optional<std::string>& out) {
    std::string word;
    text(key, word);
    if (!word.empty()) {
        out = word;
    }
}

std::vector<std::pair<YAML::Node, std::string>> Mapping::items(std::string_view key) {
    std::vector<std::pair<YAML::Node, std::string>> found;
    const auto node = find(key);
    if (!node) {
        return found;
    }
    if (!node->IsSequence() || node->size() == 0) {
        refuse(key, "wrong_type", "must be a list of at least one item", "- one item a line");
        return found;
    }
    for (const auto& item : *node) {
        const std::string path = path_of(key) + "[" + std::to_string(found.size()) + "]";
        problems_.remember(path, place_of(item));
        found.emplace_back(item, path);
    }
    return found;
}

std::optional<YAML::Node> load_yaml(const std::string& text, Problems& problems) {
    const auto refuse = [&problems](Place place, std::string message, std::string hint) {
        problems.add_at(
            place,
            {.pointer = {},
             .code = "malformed",
             .message = std::move(message),
             .hint = std::move(hint),
             .rule = {}}
        );
        return std::nullopt;
    };
    try {
        const std::vector<Place> documents = document_starts(text);
        if (documents.size() > 1) {
            return refuse(
                documents[1],
                "what begins here is outside of the document",
                "one document; is a bracket too many before?"
            );
        }
        YAML::Node document = YAML::Load(text);
        if (documents.empty() || document.IsNull()) {
            return refuse({}, "the file is empty", "see packaging/site.yaml for an example");
        }
        return document;
    } catch (const YAML::Exception& wrong) {
        const Place place{
            .line = std::max(wrong.mark.line, 0), .column = std::max(wrong.mark.column, 0)};
        return refuse(place, "not readable as YAML: " + wrong.msg, {});
    }
}

} // namespace strowger::config

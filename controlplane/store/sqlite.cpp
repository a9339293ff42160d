// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace strowger::store {
namespace {

Error error_of(sqlite3* handle) {
    return {
        ErrorCode::Unavailable,
        std::string(sqlite3_errmsg(handle)) + " (SQLite code " +
            std::to_string(sqlite3_extended_errcode(handle)) + ")",
        {}};
}

int note_wal_pages(void* pages, sqlite3* /*handle*/, const char* /*schema*/, int count) {
    *static_cast<std::int64_t*>(pages) = count;
    return SQLITE_OK;
}

} // namespace

void Statement::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
    sqlite3_finalize(handle);
}

Statement& Statement::bind(int place, std::int64_t value) {
    bind_status_ |= sqlite3_bind_int64(handle_.get(), place, value);
    return *this;
}

Statement& Statement::bind(int place, std::string_view value) {
    // An empty view may have no data, which SQLite would take for null.
    const char* data = value.empty() ? "" : value.data();
    bind_status_ |=
        sqlite3_bind_text64(handle_.get(), place, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind(int place, std::span<const std::uint8_t> value) {
    bind_status_ |=
        sqlite3_bind_blob64(handle_.get(), place, value.data(), value.size(), SQLITE_STATIC);
    return *this;
}

Statement& Statement::bind_null(int place) {
    bind_status_ |= sqlite3_bind_null(handle_.get(), place);
    return *this;
}

Statement& Statement::bind_optional(int place, const std::optional<std::string_view>& value) {
    return value.has_value() ? bind(place, *value) : bind_null(place);
}

Result<bool> Statement::step() {
    if (bind_status_ != SQLITE_OK) {
        return Error{ErrorCode::Unavailable, "A value could not be bound to a statement.", {}};
    }
    switch (sqlite3_step(handle_.get())) {
        case SQLITE_ROW:
            return true;
        case SQLITE_DONE:
            return false;
        default:
            return error_of(sqlite3_db_handle(handle_.get()));
    }
}

Result<void> Statement::run() {
    Result<bool> stepped = step();
    reset();
    if (!stepped) {
        return std::move(stepped).error();
    }
    return {};
}

void Statement::reset() {
    sqlite3_reset(handle_.get()); // repeats the code of step(), which was looked at there
    sqlite3_clear_bindings(handle_.get());
    bind_status_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* data = sqlite3_column_text(handle_.get(), column);
    if (data == nullptr) {
        return {};
    }
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return {reinterpret_cast<const char*>(data), size};
}

std::span<const std::uint8_t> Statement::blob(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

Result<Database> Database::open(const std::string& path, OpenMode mode) {
    const int access = mode == OpenMode::ReadOnly ? SQLITE_OPEN_READONLY
                                                  : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3* handle = nullptr;
    const int status =
        sqlite3_open_v2(path.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX, nullptr);
    if (handle == nullptr) {
        return Error{ErrorCode::Unavailable, "SQLite has no memory for a connection.", {}};
    }
    Database database(handle);
    if (status != SQLITE_OK) {
        return error_of(handle);
    }
    sqlite3_extended_result_codes(handle, 1);
    return database;
}

Result<void> Database::execute(const char* sql) {
    if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return error_of(handle_.get());
    }
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int status = sqlite3_prepare_v3(
        handle_.get(),
        sql.data(),
        static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT,
        &statement,
        nullptr
    );
    if (status != SQLITE_OK) {
        return error_of(handle_.get());
    }
    return Statement(statement);
}

Result<std::int64_t> Database::query_integer(std::string_view sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) {
        return std::move(statement).error();
    }
    Result<bool> row = statement->step();
    if (!row) {
        return std::move(row).error();
    }
    return *row ? statement->integer(0) : 0;
}

Result<std::string> Database::query_text(std::string_view sql) {
    Result<Statement> statement = prepare(sql);
    if (!statement) {
        return std::move(statement).error();
    }
    Result<bool> row = statement->step();
    if (!row) {
        return std::move(row).error();
    }
    return *row ? statement->text(0) : std::string();
}

void Database::checkpoint_by_hand() {
    sqlite3_wal_hook(handle_.get(), &note_wal_pages, wal_pages_.get());
}

Result<void> Database::checkpoint() {
    const int status = sqlite3_wal_checkpoint_v2(
        handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr
    );
    if (status != SQLITE_OK && status != SQLITE_BUSY) {
        return error_of(handle_.get());
    }
    *wal_pages_ = 0;
    return {};
}

void Database::keep_files_on_close() {
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

} // namespace strowger::store

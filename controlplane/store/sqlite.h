// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace strowger::store {

/// A prepared statement, used over and over. Texts and blobs given to bind() must live until
/// reset(): they are not copied.
class Statement {
public:
    explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

    Statement& bind(int place, std::int64_t value);
    Statement& bind(int place, std::string_view value);
    Statement& bind(int place, std::span<const std::uint8_t> value);
    Statement& bind_null(int place);
    /// Null when there is nothing.
    Statement& bind_optional(int place, const std::optional<std::string_view>& value);

    /// True: there is a row. False: done.
    Result<bool> step();
    /// step() for what gives no rows, and reset().
    Result<void> run();
    /// Ends the read and lets go of what was bound. A statement left in mid-read would keep the WAL
    /// from being reused.
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const noexcept;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
    int bind_status_ = 0; ///< the first failure of bind(), told by step()
};

/// Resets a statement at the end of a scope.
class StatementUse {
public:
    explicit StatementUse(Statement& statement) : statement_(statement) {}
    ~StatementUse() { statement_.reset(); }
    StatementUse(const StatementUse&) = delete;
    StatementUse& operator=(const StatementUse&) = delete;
    StatementUse(StatementUse&&) = delete;
    StatementUse& operator=(StatementUse&&) = delete;
    Statement* operator->() { return &statement_; }

private:
    Statement& statement_;
};

enum class OpenMode : unsigned char { ReadOnly, ReadWrite };

/// One connection, used by one thread. Statements must go before it.
class Database {
public:
    static Result<Database> open(const std::string& path, OpenMode mode);

    /// Every statement of a text without parameters; rows are ignored.
    Result<void> execute(const char* sql);
    Result<Statement> prepare(std::string_view sql);
    /// The first column of the first row; 0 when there is none.
    Result<std::int64_t> query_integer(std::string_view sql);
    Result<std::string> query_text(std::string_view sql);
    /// Pages in the WAL after the last commit of this connection.
    [[nodiscard]] std::int64_t wal_pages() const noexcept { return *wal_pages_; }
    /// Leaves checkpoints to checkpoint().
    void checkpoint_by_hand();
    /// Moves the WAL into the database as far as readers allow, without waiting for them.
    Result<void> checkpoint();
    /// Lets close() leave the files as they are.
    void keep_files_on_close();

private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };
    explicit Database(sqlite3* handle) : handle_(handle) {}
    std::unique_ptr<sqlite3, Close> handle_;
    std::unique_ptr<std::int64_t> wal_pages_ = std::make_unique<std::int64_t>(0);
};

} // namespace strowger::store

// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_store.h"

#include "store/sqlite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <thread>

namespace strowger::store {
namespace {

using service::Operation;

/// Counts what the store thread says, so that a test can wait for it.
class Bell {
public:
    void ring() {
        {
            const std::lock_guard lock(mutex_);
            ++rings_;
        }
        rung_.notify_all();
    }
    void wait_for(int rings) {
        std::unique_lock lock(mutex_);
        rung_.wait(lock, [&] { return rings_ >= rings; });
    }

private:
    std::mutex mutex_;
    std::condition_variable rung_;
    int rings_ = 0;
};

/// Everything that a store gives back at start.
struct Loaded {
    std::vector<StoredObject> objects;
    StoredInventory rest;
};

class SqliteStoreTest : public ::testing::Test {
protected:
    static Loaded load(Store& store) {
        Loaded loaded;
        Result<StoredInventory> rest = store.load([&loaded](StoredObject object) {
            loaded.objects.push_back(std::move(object));
            return Result<void>();
        });
        EXPECT_TRUE(rest) << (rest ? "" : rest.error().message);
        loaded.rest = *std::move(rest);
        EXPECT_EQ(*store.count_objects(), loaded.objects.size());
        return loaded;
    }
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "strowger-store-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string path() const { return folder_ / "store.db"; }
    Result<std::unique_ptr<SqliteStore>> open() {
        return SqliteStore::open({path(), [this] { bell_.ring(); }, {}, wal_bytes_});
    }
    /// A store that the test needs to be there.
    std::unique_ptr<SqliteStore> opened() {
        Result<std::unique_ptr<SqliteStore>> store = open();
        EXPECT_TRUE(store) << (store ? "" : store.error().message);
        return store ? *std::move(store) : nullptr;
    }

    ObjectId id(ObjectKind kind) { return ids_.next(kind, ++now_us_); }

    Change create(ObjectKind kind, const std::string& name, std::optional<ObjectId> tenant = {}) {
        Change change{order(id(kind), Operation::Create, tenant), {}, {}};
        change.object = StoredObject{change.order.object, tenant, name};
        change.object->spec_json = "{\"name\":\"" + name + "\"}";
        change.object->created_us = change.object->updated_us = change.order.at_us;
        return change;
    }
    service::OrderRecord
    order(const ObjectId& object, Operation operation, const std::optional<ObjectId>& tenant = {}) {
        service::OrderRecord order{.id = id(ObjectKind::Order), .tenant = tenant, .object = object};
        order.seq = ++seqs_[tenant.has_value() ? tenant->text() : ""];
        order.actor = {auth::ActorKind::Token, "tok_x"};
        order.operation = operation;
        order.generation = operation == Operation::Create ? 1 : 2;
        order.at_us = now_us_;
        return order;
    }
    void with_key(Change& change, const std::string& scope, const std::string& key) {
        change.idempotency = IdempotencyRecord{
            {scope, key},
            auth::sha256("request"),
            201,
            "{\"id\":\"x\"}",
            change.order.id,
            change.order.object,
            1,
            change.order.at_us};
    }

    Bell bell_;
    std::uint64_t wal_bytes_ = 0;
    std::filesystem::path folder_;

private:
    static void count_up(std::uint8_t* out, std::size_t count) { std::fill_n(out, count, 7); }
    ObjectIdSource ids_{count_up};
    std::int64_t now_us_ = 1'700'000'000'000'000;
    std::map<std::string, std::uint64_t> seqs_;
};

TEST_F(SqliteStoreTest, WhatWasCommittedIsThereAfterReopening) {
    Change tenant = create(ObjectKind::Tenant, "acme");
    Change circuit = create(ObjectKind::Circuit, "ny-dc", tenant.order.object);
    circuit.object->effective_json = "{\"max_frame_bytes\":1526}";
    Change token = create(ObjectKind::Token, "laptop", tenant.order.object);
    token.object->digest = auth::sha256("secret");
    {
        auto store = opened();
        ASSERT_TRUE(store->commit_now(tenant));
        ASSERT_TRUE(store->commit_now(circuit));
        ASSERT_TRUE(store->commit_now(token));
    }

    auto store = opened();
    const Loaded inventory = load(*store);

    ASSERT_EQ(inventory.objects.size(), 3U);
    EXPECT_EQ(inventory.objects[0].id, tenant.order.object);
    EXPECT_EQ(inventory.objects[0].tenant, std::nullopt);
    EXPECT_EQ(inventory.objects[1].digest, auth::sha256("secret"));
    const StoredObject& read = inventory.objects[2];
    EXPECT_EQ(read.id, circuit.order.object);
    EXPECT_EQ(read.tenant, tenant.order.object);
    EXPECT_EQ(read.name, "ny-dc");
    EXPECT_EQ(read.spec_json, "{\"name\":\"ny-dc\"}");
    EXPECT_EQ(read.effective_json, "{\"max_frame_bytes\":1526}");
    EXPECT_EQ(read.created_us, circuit.order.at_us);
    const std::vector<std::pair<std::string, std::uint64_t>> seqs = {
        {"", 1}, {tenant.order.object.text(), 2}};
    EXPECT_EQ(inventory.rest.order_seqs, seqs);
}

TEST_F(SqliteStoreTest, SlicesComeBehindTheTenantsTheyNameAndBeforeTheCircuitsTheyPlace) {
    const Change tenant = create(ObjectKind::Tenant, "acme");
    const Change circuit = create(ObjectKind::Circuit, "c", tenant.order.object);
    const Change slice = create(ObjectKind::Slice, "gold");
    {
        auto store = opened();
        for (const Change& change : {circuit, slice, tenant}) {
            ASSERT_TRUE(store->commit_now(change));
        }
    }

    auto store = opened();
    const Loaded inventory = load(*store);

    ASSERT_EQ(inventory.objects.size(), 3U);
    EXPECT_EQ(inventory.objects[0].id, tenant.order.object);
    EXPECT_EQ(inventory.objects[1].id, slice.order.object);
    EXPECT_EQ(inventory.objects[2].id, circuit.order.object);
}

TEST_F(SqliteStoreTest, ResultsComeInTheOrderOfSubmission) {
    auto store = opened();
    constexpr std::uint64_t kChanges = 100;

    for (std::uint64_t ticket = 1; ticket <= kChanges; ++ticket) {
        store->submit(ticket, create(ObjectKind::Tenant, "t" + std::to_string(ticket)));
    }

    std::vector<CommitResult> results;
    for (int rings = 1; results.size() < kChanges; ++rings) {
        bell_.wait_for(rings);
        store->take_results(results);
    }
    ASSERT_EQ(results.size(), kChanges);
    for (std::uint64_t ticket = 1; ticket <= kChanges; ++ticket) {
        EXPECT_EQ(results[ticket - 1].ticket, ticket);
        EXPECT_TRUE(results[ticket - 1].committed);
    }
    EXPECT_EQ(load(*store).objects.size(), kChanges);
}

TEST_F(SqliteStoreTest, ChangesSubmittedTogetherHaveOneResult) {
    auto store = opened();
    std::vector<Change> changes;
    for (int number = 0; number < 100; ++number) {
        changes.push_back(create(ObjectKind::Tenant, "t" + std::to_string(number)));
    }

    store->submit_all(7, changes);

    bell_.wait_for(1);
    std::vector<CommitResult> results;
    store->take_results(results);
    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(results[0].ticket, 7U);
    EXPECT_TRUE(results[0].committed);
    EXPECT_EQ(load(*store).objects.size(), 100U);
}

TEST_F(SqliteStoreTest, OfChangesSubmittedTogetherOneThatFailsTakesAllWithIt) {
    auto store = opened();
    std::vector<Change> changes = {
        create(ObjectKind::Tenant, "first"),
        create(ObjectKind::Tenant, "twice"),
        create(ObjectKind::Tenant, "twice")};

    store->submit_all(1, changes);

    bell_.wait_for(1);
    std::vector<CommitResult> results;
    store->take_results(results);
    ASSERT_EQ(results.size(), 1U);
    EXPECT_FALSE(results[0].committed);
    store.reset();
    EXPECT_TRUE(load(*opened()).objects.empty()) << "also after a restart";
}

TEST_F(SqliteStoreTest, UpdateReplacesAndDeletionLeavesATombstone) {
    auto store = opened();
    Change tenant = create(ObjectKind::Tenant, "acme");
    ASSERT_TRUE(store->commit_now(tenant));
    Change update{order(tenant.order.object, Operation::Update), tenant.object, {}};
    update.object->generation = 2;
    update.object->spec_json = "{}";
    ASSERT_TRUE(store->commit_now(update));
    EXPECT_EQ(load(*store).objects.at(0).spec_json, "{}");
    EXPECT_FALSE(store->find_tombstone(tenant.order.object)->has_value());

    Change removal{order(tenant.order.object, Operation::Delete), {}, {}};
    ASSERT_TRUE(store->commit_now(removal));

    EXPECT_TRUE(load(*store).objects.empty());
    const auto tombstone = *store->find_tombstone(tenant.order.object);
    ASSERT_TRUE(tombstone.has_value());
    EXPECT_EQ(tombstone->generation, 2U);
    EXPECT_EQ(tombstone->deleted_us, removal.order.at_us);
}

TEST_F(SqliteStoreTest, KeyIsFoundWithWhatTheFirstRequestGot) {
    auto store = opened();
    Change change = create(ObjectKind::Tenant, "acme");
    with_key(change, "operator", "k1");
    ASSERT_TRUE(store->commit_now(change));

    const auto found = *store->find_idempotency({"operator", "k1"});

    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->status, 201);
    EXPECT_EQ(found->body, "{\"id\":\"x\"}");
    EXPECT_EQ(found->request_digest, auth::sha256("request"));
    EXPECT_EQ(found->order, change.order.id);
    EXPECT_EQ(found->object, change.order.object);
    EXPECT_FALSE(store->find_idempotency({"operator", "k2"})->has_value());
    EXPECT_FALSE(store->find_idempotency({"ten_x", "k1"})->has_value());
}

TEST_F(SqliteStoreTest, KeysAreCountedByScopeAlsoAfterReopening) {
    {
        auto store = opened();
        for (const char* key : {"k1", "k2", "k3"}) {
            Change change = create(ObjectKind::Tenant, key);
            with_key(change, "operator", key);
            ASSERT_TRUE(store->commit_now(change));
        }
        EXPECT_EQ(store->idempotency_count("operator"), 3U);
    }

    auto store = opened();

    EXPECT_EQ(store->idempotency_count("operator"), 3U);
    EXPECT_EQ(store->idempotency_count("ten_x"), 0U);
}

TEST_F(SqliteStoreTest, OldKeysAndTombstonesAreForgottenAndYoungOnesKept) {
    auto store = opened();
    Change old_change = create(ObjectKind::Tenant, "old");
    with_key(old_change, "operator", "old");
    ASSERT_TRUE(store->commit_now(old_change));
    ASSERT_TRUE(store->commit_now({order(old_change.order.object, Operation::Delete), {}, {}}));
    Change young_change = create(ObjectKind::Tenant, "young");
    with_key(young_change, "operator", "young");
    ASSERT_TRUE(store->commit_now(young_change));

    const std::int64_t young_us = young_change.order.at_us;
    store->forget_before({.idempotency_us = young_us, .tombstone_us = young_us});
    while (store->idempotency_count("operator") > 1) {
        std::this_thread::yield(); // the test runner's time limit ends a store that never forgets
    }

    EXPECT_FALSE(store->find_idempotency({"operator", "old"})->has_value());
    EXPECT_TRUE(store->find_idempotency({"operator", "young"})->has_value());
    EXPECT_FALSE(store->find_tombstone(old_change.order.object)->has_value());
}

TEST_F(SqliteStoreTest, ManyOldKeysAreForgottenInSteps) {
    auto store = opened();
    constexpr std::uint64_t kKeys = 1'000;
    for (std::uint64_t count = 0; count < kKeys; ++count) {
        Change change = create(ObjectKind::Tenant, "t" + std::to_string(count));
        with_key(change, "operator", std::to_string(count));
        store->submit(count, std::move(change));
    }
    ASSERT_TRUE(store->commit_now(create(ObjectKind::Tenant, "last")));
    ASSERT_EQ(store->idempotency_count("operator"), kKeys);

    store->forget_before({.idempotency_us = INT64_MAX, .tombstone_us = 0});
    while (store->idempotency_count("operator") > 0) {
        std::this_thread::yield();
    }

    EXPECT_FALSE(store->find_idempotency({"operator", "7"})->has_value());
}

TEST_F(SqliteStoreTest, OrdersAreListedByOwnerObjectAndCursor) {
    auto store = opened();
    Change acme = create(ObjectKind::Tenant, "acme");
    Change umbrella = create(ObjectKind::Tenant, "umbrella");
    Change first = create(ObjectKind::Circuit, "c1", acme.order.object);
    Change second = create(ObjectKind::Circuit, "c2", acme.order.object);
    Change foreign = create(ObjectKind::Circuit, "c1", umbrella.order.object);
    for (const Change* change : {&acme, &umbrella, &first, &second, &foreign}) {
        ASSERT_TRUE(store->commit_now(*change));
    }
    OrderQuery of_acme{.tenant = acme.order.object, .count = true};

    const OrderPage all = *store->list_orders(of_acme);
    ASSERT_EQ(all.orders.size(), 2U);
    EXPECT_EQ(all.orders[0].id, first.order.id);
    EXPECT_EQ(all.orders[1].id, second.order.id);
    EXPECT_EQ(all.orders[0].actor, first.order.actor);
    EXPECT_EQ(all.count, 2U);
    EXPECT_FALSE(all.more);

    of_acme.limit = 1;
    const OrderPage page = *store->list_orders(of_acme);
    ASSERT_EQ(page.orders.size(), 1U);
    EXPECT_TRUE(page.more);
    of_acme.after = page.orders[0].id;
    const OrderPage rest = *store->list_orders(of_acme);
    ASSERT_EQ(rest.orders.size(), 1U);
    EXPECT_EQ(rest.orders[0].id, second.order.id);
    EXPECT_FALSE(rest.more);

    EXPECT_EQ(store->list_orders({.object = second.order.object})->orders.size(), 1U);
    EXPECT_TRUE(store->list_orders({.tenant = umbrella.order.object, .object = second.order.object})
                    ->orders.empty());
    EXPECT_EQ(store->list_orders({.count = true})->count, 5U);
    EXPECT_TRUE(store->find_order(first.order.id)->has_value());
}

TEST_F(SqliteStoreTest, EveryPageSizeGivesEachOrderOnceWhoseverTheyAre) {
    auto store = opened();
    std::vector<Change> changes = {
        create(ObjectKind::Tenant, "acme"), create(ObjectKind::Tenant, "umbrella")};
    const ObjectId acme = changes[0].order.object;
    const ObjectId umbrella = changes[1].order.object;
    // Runs of one and of several, so that pages end inside each tenant's run and between two.
    for (int number = 0; number < 20; ++number) {
        changes.push_back(create(
            ObjectKind::Circuit, "c" + std::to_string(number), number % 5 < 2 ? acme : umbrella
        ));
    }
    std::vector<ObjectId> submitted;
    for (const Change& change : changes) {
        submitted.push_back(change.order.id);
        ASSERT_TRUE(store->commit_now(change));
    }

    for (std::size_t limit = 1; limit <= changes.size() + 1; ++limit) {
        std::vector<ObjectId> listed;
        OrderQuery query{.limit = limit};
        for (bool more = true; more;) {
            const OrderPage page = *store->list_orders(query);
            for (const service::OrderRecord& order : page.orders) {
                listed.push_back(order.id);
            }
            more = page.more;
            query.after = listed.back();
        }
        EXPECT_EQ(listed, submitted) << "pages of " << limit;
    }
    // Where another tenant's order stands says nothing about one's own.
    const OrderQuery foreign{.tenant = acme, .after = submitted.back()};
    EXPECT_EQ(store->list_orders(foreign)->orders.size(), 8U);
    store.reset();
    EXPECT_EQ(load(*opened()).rest.last_order, submitted.back());
}

TEST_F(SqliteStoreTest, UsesOfTokensAreKept) {
    Change token = create(ObjectKind::Token, "laptop");
    token.object->digest = auth::sha256("secret");
    {
        auto store = opened();
        ASSERT_TRUE(store->commit_now(token));
        store->note_tokens_used({{token.order.object, 42}});
    }

    EXPECT_EQ(load(*opened()).objects.at(0).last_used_us, 42);
}

TEST_F(SqliteStoreTest, WriteThatFailsMakesItReadOnlyForGood) {
    auto store = opened();
    Change acme = create(ObjectKind::Tenant, "acme");
    ASSERT_TRUE(store->commit_now(acme));
    // The name twice: the service never lets this happen, the index would not take it.
    store->submit(1, create(ObjectKind::Tenant, "acme"));
    bell_.wait_for(2);

    EXPECT_FALSE(store->healthy());
    EXPECT_NE(store->failure().find("UNIQUE"), std::string::npos) << store->failure();
    store->submit(2, create(ObjectKind::Tenant, "other"));
    bell_.wait_for(3);
    std::vector<CommitResult> results;
    store->take_results(results);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_FALSE(results[0].committed);
    EXPECT_FALSE(results[1].committed);
    EXPECT_EQ(load(*store).objects.size(), 1U);
}

TEST_F(SqliteStoreTest, SecondDaemonIsRefused) {
    auto store = opened();

    Result<std::unique_ptr<SqliteStore>> second = open();

    ASSERT_FALSE(second);
    EXPECT_EQ(
        second.error().message,
        "The store " + path() + " cannot be used: another strowgerd is using it."
    );
    store.reset();
    EXPECT_TRUE(open());
}

TEST_F(SqliteStoreTest, FileThatIsNoDatabaseIsRefusedAndLeftAlone) {
    std::ofstream(path()) << std::string(8192, 'x');

    Result<std::unique_ptr<SqliteStore>> store = open();

    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message.find("not a database"), std::string::npos);
    std::ifstream file(path());
    EXPECT_EQ(file.get(), 'x');
}

TEST_F(SqliteStoreTest, DatabaseOfAnotherProgramIsRefused) {
    {
        Result<Database> other = Database::open(path(), OpenMode::ReadWrite);
        ASSERT_TRUE(other);
        ASSERT_TRUE(other->execute("CREATE TABLE bookmarks(url TEXT)"));
    }

    Result<std::unique_ptr<SqliteStore>> store = open();

    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message.find("another program"), std::string::npos);
}

TEST_F(SqliteStoreTest, NewerSchemaIsRefused) {
    opened().reset();
    {
        Result<Database> newer = Database::open(path(), OpenMode::ReadWrite);
        ASSERT_TRUE(newer);
        ASSERT_TRUE(newer->execute("INSERT INTO migrations(version) VALUES(99)"));
    }

    Result<std::unique_ptr<SqliteStore>> store = open();

    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message.find("version 99"), std::string::npos);
}

TEST_F(SqliteStoreTest, DamagedFileIsRefused) {
    {
        auto store = opened();
        ASSERT_TRUE(store->commit_now(create(ObjectKind::Tenant, "acme")));
    }
    std::int64_t page = 0;
    {
        Result<Database> database = Database::open(path(), OpenMode::ReadOnly);
        ASSERT_TRUE(database);
        page =
            *database->query_integer("SELECT rootpage FROM sqlite_schema WHERE name = 'objects'");
    }
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((page - 1) * 4096 + 3); // how many cells the page has (sqlite.org/fileformat.html)
    file.write("\xff\xff", 2);
    file.close();

    Result<std::unique_ptr<SqliteStore>> store = open();

    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message.find("damaged"), std::string::npos) << store.error().message;
}

TEST_F(SqliteStoreTest, ClosingEmptiesTheWal) {
    {
        auto store = opened();
        ASSERT_TRUE(store->commit_now(create(ObjectKind::Tenant, "acme")));
        ASSERT_TRUE(std::filesystem::exists(path() + "-wal"));
    }

    EXPECT_FALSE(std::filesystem::exists(path() + "-wal"));
}

TEST_F(SqliteStoreTest, CommitsDoNotMakeTheWalLonger) {
    wal_bytes_ = 1U << 20U;
    auto store = opened();
    const auto laid_out = std::filesystem::file_size(path() + "-wal");
    EXPECT_GE(laid_out, wal_bytes_);

    for (int count = 0; count < 20; ++count) {
        ASSERT_TRUE(store->commit_now(create(ObjectKind::Tenant, "t" + std::to_string(count))));
    }

    EXPECT_EQ(std::filesystem::file_size(path() + "-wal"), laid_out);
}

TEST_F(SqliteStoreTest, MissingFolderIsASentence) {
    Result<std::unique_ptr<SqliteStore>> store =
        SqliteStore::open({.path = folder_ / "no" / "store.db"});

    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message.find("No such file or directory"), std::string::npos);
}

TEST_F(SqliteStoreTest, NobodyElseMayReadTheFiles) {
    auto store = opened();
    ASSERT_TRUE(store->commit_now(create(ObjectKind::Tenant, "acme")));

    for (const char* suffix : {"", "-wal", ".lock"}) {
        struct stat status {};
        ASSERT_EQ(::stat((path() + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
    }
}

} // namespace
} // namespace strowger::store

#include "../../../src/sqlite/session.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tollgate::sqlite {

namespace {

class session_in_a_file : public testing::Test {
protected:
    session_in_a_file() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tollgate-session-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~session_in_a_file() override { std::filesystem::remove_all(folder); }
    std::unique_ptr<session> open(bool writes = true) { return session::open(folder + "/a.db", writes).value(); }
    std::string folder;
};

}

TEST_F(session_in_a_file, values_come_back_as_they_were_bound) {
    const auto db = open();
    db->execute("CREATE TABLE t (a text, b blob, c integer, d integer, e text, f blob, g integer)");
    const request_id id(0x0123456789abcdef, 0xfedcba9876543210);
    db->prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)")
        .text(std::string_view("x\0y", 3))
        .id(id)
        .number(INT64_MIN)
        .flag(true)
        .optional_text(std::nullopt)
        .optional_id(id)
        .time({-1});
    db->run();
    int rows = 0;
    db->prepare("SELECT a, b, c, d, e, f, g FROM t");
    db->each([&](reader& in) {
        ++rows;
        EXPECT_EQ(in.text(), std::string("x\0y", 3));
        EXPECT_EQ(in.id(), id);
        EXPECT_EQ(in.number(), INT64_MIN);
        EXPECT_TRUE(in.flag());
        EXPECT_FALSE(in.optional_text().has_value());
        EXPECT_EQ(in.optional_id(), id);
        EXPECT_EQ(in.time().us, -1);
    });
    EXPECT_EQ(rows, 1);
    EXPECT_TRUE(db->take_fault().has_value());
}

TEST_F(session_in_a_file, the_first_failure_sticks_and_nothing_after_it_happens) {
    const auto db = open();
    db->execute("CREATE TABLE t (a integer NOT NULL)");
    db->begin_immediate();
    db->prepare("INSERT INTO t VALUES (?)").null();
    db->run();
    EXPECT_FALSE(db->ok());
    db->prepare("INSERT INTO t VALUES (?)").number(1);
    db->run();
    const auto done = db->commit();
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().fault, store_fault::corrupt);
    std::int64_t count = -1;
    db->prepare("SELECT count(*) FROM t");
    db->each([&](reader& in) { count = in.number(); });
    EXPECT_EQ(count, 0);
}

TEST_F(session_in_a_file, a_reader_cannot_write) {
    open()->execute("CREATE TABLE t (a integer)");
    const auto db = open(false);
    db->execute("INSERT INTO t VALUES (1)");
    EXPECT_FALSE(db->take_fault().has_value());
}

TEST_F(session_in_a_file, a_file_that_is_no_database_is_refused) {
    std::ofstream(folder + "/a.db") << std::string(4'096, 'x');
    const auto db = session::open(folder + "/a.db", true);
    ASSERT_FALSE(db.has_value());
    EXPECT_EQ(db.error().fault, store_fault::corrupt);
}

TEST_F(session_in_a_file, a_folder_that_cannot_be_made_is_unavailable) {
    std::ofstream(folder + "/file") << "x";
    const auto db = session::open(folder + "/file/below/a.db", true);
    ASSERT_FALSE(db.has_value());
    EXPECT_EQ(db.error().fault, store_fault::unavailable);
}

}

#pragma once

// One libpq connection in pipeline mode: statements are added, sent together, and their answers read in order. Every
// wait has a deadline; after it, or any loss, the connection is broken for good and its owner opens another.

#include "wire.hpp"

#include <tollgate/core/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

extern "C" {
struct pg_conn;
}

namespace tollgate::postgres {

struct close_connection {
    void operator()(pg_conn* raw) const;
};
struct clear_result {
    void operator()(pg_result* raw) const;
};
using result_ptr = std::unique_ptr<pg_result, clear_result>;

struct connect_options {
    std::string url;
    std::string application;   // as the server's views name it
    std::string settings;      // SET statements, run once
    std::uint32_t wait_ms = 0; // for all answers of one `run`
};

class connection {
public:
    static store_result<std::unique_ptr<connection>> open(const connect_options& options);

    // Before the first pipeline: any SQL text, also several statements.
    store_result<void> simple(const std::string& sql);

    void prepare(const char* name, const std::string& sql);
    void add(const char* prepared, const parameters& values);
    void add(const char* prepared);
    void query(const std::string& sql, const parameters& values);
    void query(const std::string& sql);

    // Sends what was added since the last time. `on_row` is called for every row with the index of its statement.
    // The first failure is returned after all answers were read; statements after it did nothing.
    store_result<void> run(const std::function<void(std::size_t, reader&)>& on_row);
    store_result<void> run() {
        return run([](std::size_t, reader&) {});
    }
    // Rows that statement number `i` of the last run changed.
    std::int64_t changed(std::size_t i) const { return changed_[i]; }

    bool broken() const { return broken_; }
    // For a connection between two statements, before it is used again: a server that restarted has closed it, which
    // the next statement would find out too late.
    bool lost_while_idle();
    void give_up() { broken_ = true; }

private:
    explicit connection(std::uint32_t wait_ms) : wait_ms_(wait_ms) {}
    void sent(int accepted);
    void start_pipeline();
    bool wait_for_socket(short events);
    bool send_all();
    result_ptr next_result();
    void judge(const pg_result* result, std::size_t index, const std::function<void(std::size_t, reader&)>& on_row);
    void fail(store_error error);
    void lose(const std::string& why);

    std::unique_ptr<pg_conn, close_connection> raw_;
    std::uint32_t wait_ms_;
    std::int64_t deadline_ms_ = 0;
    std::size_t added_ = 0;
    std::vector<std::int64_t> changed_;
    std::unique_ptr<store_error> fault_;
    bool broken_ = false, pipelined_ = false;
};

// What an SQLSTATE means to the ledger.
store_fault fault_of(std::string_view sqlstate);

}

#include "connection.hpp"

#include <tollgate/core/limits.hpp>

#include <libpq-fe.h>

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

namespace tollgate::postgres {

namespace {

std::int64_t steady_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string one_line(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    std::ranges::replace(text, '\n', ' ');
    return "postgres: " + text;
}

store_error error_of(const PGresult* result) {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const std::string code = state ? state : "08006";
    return {fault_of(code), one_line(std::string(text ? text : PQresultErrorMessage(result)) + " (" + code + ")")};
}

}

store_fault fault_of(std::string_view sqlstate) {
    // Nothing happened and it may pass at once: deadlock, serialization, a lock not granted in time, and a row that
    // another process inserted first.
    if (sqlstate.starts_with("40") || sqlstate == "55P03" || sqlstate == "23505" ||
        sqlstate == "22012") // a guard divided by zero: a row is not what this process remembered
        return store_fault::conflict;
    // A statement or a row that cannot be.
    for (const std::string_view broken : {"22", "23", "42", "XX", "0A", "54"})
        if (sqlstate.starts_with(broken)) return store_fault::corrupt;
    return store_fault::unavailable;
}

void close_connection::operator()(pg_conn* raw) const { PQfinish(raw); }
void clear_result::operator()(pg_result* raw) const { PQclear(raw); }

store_result<std::unique_ptr<connection>> connection::open(const connect_options& options) {
    const std::string timeout = std::to_string(limits::store_connect_ms_max / 1000);
    const std::string user_timeout = std::to_string(limits::store_statement_ms_max);
    // What stands before `dbname` may be overridden by the URL, what stands after may not.
    const std::array<const char*, 8> names{
        "fallback_application_name", "connect_timeout", "tcp_user_timeout", "keepalives_idle",
        "keepalives_interval",       "dbname",          "client_encoding",  nullptr};
    const std::array<const char*, 8> values{options.application.c_str(),
                                            timeout.c_str(),
                                            user_timeout.c_str(),
                                            "5",
                                            "2",
                                            options.url.c_str(),
                                            "UTF8",
                                            nullptr};
    std::unique_ptr<connection> made(new connection(options.wait_ms));
    made->raw_.reset(PQconnectdbParams(names.data(), values.data(), 1));
    if (!made->raw_ || PQstatus(made->raw_.get()) != CONNECTION_OK)
        return std::unexpected(store_error{store_fault::unavailable,
                                           one_line(made->raw_ ? PQerrorMessage(made->raw_.get()) : "no memory")});
    PQsetNoticeProcessor(made->raw_.get(), [](void*, const char*) {}, nullptr);
    PQsetnonblocking(made->raw_.get(), 1);
    if (auto done = made->simple(options.settings); !done) return std::unexpected(done.error());
    return made;
}

store_result<void> connection::simple(const std::string& sql) {
    deadline_ms_ = steady_ms() + wait_ms_;
    if (PQsendQuery(raw_.get(), sql.c_str()) != 1) lose(PQerrorMessage(raw_.get()));
    if (!broken_ && send_all())
        while (const result_ptr result = next_result()) judge(result.get(), 0, [](std::size_t, reader&) {});
    if (!fault_) return {};
    const store_error out = *fault_;
    fault_.reset();
    return std::unexpected(out);
}

void connection::start_pipeline() {
    if (pipelined_ || broken_) return;
    pipelined_ = true;
    sent(PQenterPipelineMode(raw_.get()));
}

// A refusal to take a statement into the pipeline is a lost connection or no memory.
void connection::sent(int accepted) {
    if (accepted != 1) lose(PQerrorMessage(raw_.get()));
}

void connection::prepare(const char* name, const std::string& sql) {
    start_pipeline();
    if (!broken_) sent(PQsendPrepare(raw_.get(), name, sql.c_str(), 0, nullptr));
    ++added_;
}

void connection::add(const char* prepared, const parameters& values) {
    start_pipeline();
    if (!broken_)
        sent(PQsendQueryPrepared(raw_.get(), prepared, static_cast<int>(values.values.size()), values.values.data(),
                                 values.lengths.data(), values.formats.data(), 1));
    ++added_;
}

void connection::add(const char* prepared) { add(prepared, {}); }

void connection::query(const std::string& sql, const parameters& values) {
    start_pipeline();
    if (!broken_)
        sent(PQsendQueryParams(raw_.get(), sql.c_str(), static_cast<int>(values.values.size()), nullptr,
                               values.values.data(), values.lengths.data(), values.formats.data(), 1));
    ++added_;
}

void connection::query(const std::string& sql) { query(sql, {}); }

bool connection::lost_while_idle() {
    constexpr int looks_max = 8; // a last message, then the end
    for (int i = 0; i < looks_max && !broken_; ++i) {
        pollfd watched{PQsocket(raw_.get()), POLLIN, 0};
        if (::poll(&watched, 1, 0) <= 0) return false;
        broken_ = PQconsumeInput(raw_.get()) != 1;
    }
    return broken_;
}

bool connection::wait_for_socket(short events) {
    for (;;) {
        const std::int64_t left = deadline_ms_ - steady_ms();
        pollfd watched{PQsocket(raw_.get()), events, 0};
        const int ready = left > 0 ? ::poll(&watched, 1, static_cast<int>(left)) : 0;
        if (ready > 0) return true;
        if (ready < 0 && errno == EINTR) continue;
        lose(ready == 0 ? "no answer in time" : std::strerror(errno));
        return false;
    }
}

// The server answers while we still send: both directions must move, or both sides wait on full buffers.
bool connection::send_all() {
    for (;;) {
        const int left = PQflush(raw_.get());
        if (left == 0) return true;
        if (left < 0) {
            lose(PQerrorMessage(raw_.get()));
            return false;
        }
        if (!wait_for_socket(POLLIN | POLLOUT)) return false;
        if (PQconsumeInput(raw_.get()) != 1) {
            lose(PQerrorMessage(raw_.get()));
            return false;
        }
    }
}

result_ptr connection::next_result() {
    while (PQisBusy(raw_.get()) != 0) {
        if (!wait_for_socket(POLLIN)) return nullptr;
        if (PQconsumeInput(raw_.get()) != 1) {
            lose(PQerrorMessage(raw_.get()));
            return nullptr;
        }
    }
    return result_ptr(PQgetResult(raw_.get()));
}

store_result<void> connection::run(const std::function<void(std::size_t, reader&)>& on_row) {
    deadline_ms_ = steady_ms() + wait_ms_;
    const std::size_t count = added_;
    added_ = 0;
    changed_.assign(count, 0);
    start_pipeline();
    if (!broken_) sent(PQpipelineSync(raw_.get()));
    if (!broken_) send_all();
    for (std::size_t i = 0; i < count && !broken_; ++i)
        while (const result_ptr result = next_result()) judge(result.get(), i, on_row);
    if (!broken_) {
        const result_ptr end = next_result();
        if (!broken_ && PQresultStatus(end.get()) != PGRES_PIPELINE_SYNC) lose("the answers are out of step");
    }
    if (!fault_) return {};
    const store_error out = *fault_;
    fault_.reset();
    return std::unexpected(out);
}

void connection::judge(const pg_result* result, std::size_t index,
                       const std::function<void(std::size_t, reader&)>& on_row) {
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        for (int row = 0; row < PQntuples(result); ++row) {
            reader in(result, row);
            on_row(index, in);
            if (in.fault()) fail({store_fault::corrupt, std::string("a stored row cannot be read: ") + in.fault()});
        }
        [[fallthrough]];
    case PGRES_COMMAND_OK: {
        // Counts stand in the text of the command's tag, which libpq keeps in the result.
        const std::string_view text = PQcmdTuples(const_cast<pg_result*>(result));
        if (index < changed_.size()) std::from_chars(text.data(), text.data() + text.size(), changed_[index]);
        return;
    }
    case PGRES_PIPELINE_ABORTED: return; // the failure before it has been kept
    default: fail(error_of(result));
    }
    if (PQstatus(raw_.get()) == CONNECTION_BAD) broken_ = true;
}

void connection::fail(store_error error) {
    if (!fault_) fault_ = std::make_unique<store_error>(std::move(error));
}

void connection::lose(const std::string& why) {
    broken_ = true;
    fail({store_fault::unavailable, one_line(why)});
}

}

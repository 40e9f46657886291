#include "client.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::simulation {

client::client(request& of, timeline& time, std::function<bool()> alive)
    : of_(of), time_(time), alive_(std::move(alive)), arrived_us_(time.now().us), number_(std::to_string(of.number)),
      session_("s" + number_), authorization_("Bearer " + of.tenant), body_(of.body) {
    body_.reserve(body_.size() + limits::body_padding_bytes);
    fields_ = {{"authorization", authorization_}, {"x-ai-session", session_}, {"x-sim-request", number_}};
    if (!of.agent.empty()) fields_.push_back({"x-ai-agent-id", of.agent});
    if (!of.feature.empty()) fields_.push_back({"x-ai-feature", of.feature});
}

task<result<std::string_view>> client::read_body(std::size_t) { co_return std::string_view(body_); }

void client::note(int status, std::span<const field> fields) {
    of_.status = status;
    of_.id = find_field(fields, "x-request-id").value_or("");
}

task<bool> client::send(int status, std::span<const field> fields, std::string_view) {
    if (!here()) co_return false;
    note(status, fields);
    of_.saw_end = true;
    co_return true;
}

task<bool> client::begin(int status, std::span<const field> fields) {
    if (!here()) co_return false;
    note(status, fields);
    co_return true;
}

task<bool> client::write(std::span<const std::string_view>) {
    if (!here()) co_return false;
    writes_ += 1;
    if (of_.client.never_reads) {
        co_await time_.sleep(std::int64_t{limits::write_ms_max} * 1000, of_.life, nullptr);
        leave();
        co_return false;
    }
    if (of_.client.leaves_after_writes > 0 && writes_ >= of_.client.leaves_after_writes) {
        leave();
        co_return false;
    }
    if (of_.client.write_us > 0) co_await time_.sleep(of_.client.write_us, of_.life, nullptr);
    co_return here();
}

task<bool> client::finish(std::span<const std::string_view> pieces) {
    const bool written = co_await write(pieces);
    if (!written || !here()) co_return false;
    of_.saw_end = true;
    co_return true;
}

void client::leave() {
    if (!here()) return;
    of_.left = true;
    stop_.fire();
}

}

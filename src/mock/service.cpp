#include "service.hpp"

#include "json_out.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::mock {
namespace {

struct route {
    std::string_view path; // "/v1" in front is optional
    api kind;
};
constexpr std::array<route, 4> routes{{
    {"/chat/completions", api::chat},
    {"/completions", api::completions},
    {"/embeddings", api::embeddings},
    {"/responses", api::responses},
}};

constexpr std::string_view models_body =
    R"({"object":"list","data":[{"id":"mock-gpt","object":"model","created":1735689600,"owned_by":"mock"},)"
    R"({"id":"mock-gpt-mini","object":"model","created":1735689600,"owned_by":"mock"},)"
    R"({"id":"mock-embed","object":"model","created":1735689600,"owned_by":"mock"}]})";

std::string_view without_version(std::string_view path) { return path.starts_with("/v1/") ? path.substr(3) : path; }

const route* find_route(std::string_view path) {
    for (const route& one : routes)
        if (one.path == path) return &one;
    return nullptr;
}

std::string echoed(const ports::exchange& with) {
    std::string out = R"(,"mock_headers":[)";
    for (const field& f : with.fields()) {
        if (recorder::is_credential(f.name)) continue;
        put_all(out, out.back() == '[' ? "" : ",", R"({"name":)", as_json(f.name), R"(,"value":)", as_json(f.value),
                "}");
    }
    out += "]";
    return out;
}

document make_document(const ports::exchange& with, const call& what, const steering& how) {
    document made;
    made.status = static_cast<int>(how.status);
    made.stream = what.stream && !how.json_for_stream && what.kind != api::embeddings;
    if (made.stream) {
        made.content_type = "text/event-stream; charset=utf-8";
        made.pieces = stream_events(what, how);
        made.error_piece = error_event(what);
        return made;
    }
    made.pieces.push_back(json_answer(what, how));
    if (how.echo_headers) made.pieces.front().insert(made.pieces.front().size() - 1, echoed(with));
    return made;
}

}

task<> service::answer(ports::exchange& with) {
    if (with.path() == "/__mock/requests") co_return co_await answer_control(with);
    const std::string_view path = without_version(with.path());
    if (path == "/models") co_return co_await answer_models(with);
    steering how;
    const route* const found = find_route(path);
    if (found != nullptr && with.method() == "POST") co_return co_await answer_call(with, found->kind);
    log_.record(with, {}, false, {});
    how.status = found != nullptr ? 405 : 404;
    std::string message = found != nullptr ? "Only POST is allowed here." : "There is nothing at this path.";
    co_await answer_error(with, how, std::move(message));
}

task<> service::answer_control(ports::exchange& with) {
    if (with.method() == "DELETE") log_.reset();
    const std::string body = log_.to_json();
    const std::array<field, 1> fields{{{"content-type", "application/json"}}};
    co_await with.send(200, fields, body);
}

task<> service::answer_models(ports::exchange& with) {
    log_.record(with, {}, false, {});
    const std::array<field, 1> fields{{{"content-type", "application/json"}}};
    co_await with.send(200, fields, models_body);
}

task<> service::answer_call(ports::exchange& with, api kind) {
    const result<std::string_view> body = co_await with.read_body(limits::body_bytes_max);
    steering how;
    if (!body) {
        how.status = body.error().code == errc::body_too_large ? 413 : 400;
        std::string message = body.error().detail;
        co_return co_await answer_error(with, how, std::move(message));
    }
    const result<call> what = read_call(reader_, kind, *body);
    const std::string_view model = what ? std::string_view(what->model) : std::string_view();
    log_.record(with, *body, what.has_value(), model);
    how = read_steering(with.fields(), model);
    std::string refused;
    if (!what) refused = what.error().detail;
    if (!how.unknown.empty()) refused = "There is no such steer or it cannot have this value: " + how.unknown;
    if (!refused.empty()) {
        how = {};
        how.status = 400;
        co_return co_await answer_error(with, how, std::move(refused));
    }
    if (how.hang) how.delay_ms = limits::mock_wait_ms_max;
    if (how.delay_ms > 0) {
        const bool there = co_await pause(with, how.delay_ms);
        if (!there || how.hang) log_.client_gone();
        if (!there || how.hang) co_return with.abort();
    }
    if (how.status >= 400 || how.error_in_200) co_return co_await answer_error(with, how, "The mock was told to fail.");
    const document answer = make_document(with, *what, how);
    with.drop_body();
    const bool delivered = co_await deliver(with, answer, how);
    if (!delivered) log_.client_gone();
    if (!delivered) with.abort();
}

task<> service::answer_error(ports::exchange& with, const steering& how, std::string message) {
    document answer;
    answer.status = static_cast<int>(how.status);
    answer.content_type = error_content_type(how);
    answer.pieces.push_back(error_answer(how, message));
    co_await deliver(with, answer, how);
}

}

// The shapes in which providers report an error.
#include "json_out.hpp"
#include "reply.hpp"

namespace tollgate::mock {
namespace {

std::string_view error_type(std::int64_t status) {
    if (status == 401) return "invalid_api_key";
    if (status == 429) return "rate_limit_exceeded";
    return status >= 500 ? "server_error" : "invalid_request_error";
}

}

std::string error_content_type(const steering& how) {
    if (how.shape == error_shape::html) return "text/html; charset=utf-8";
    if (how.shape == error_shape::string) return "text/plain";
    return "application/json";
}

std::string error_answer(const steering& how, std::string_view message) {
    const std::string text = as_json(message);
    const std::string_view type = error_type(how.status);
    std::string out;
    switch (how.shape) {
    case error_shape::openai:
        put_all(out, R"({"error":{"message":)", text, R"(,"type":")", type, R"(","param":null,"code":)",
                how.status == 429 || how.status == 401 ? as_json(type) : "null", "}}");
        break;
    case error_shape::mistral:
        put_all(out, R"({"object":"error","message":)", text, R"(,"type":")", type, R"(","param":null,"code":)",
                how.status, "}");
        break;
    case error_shape::google:
        put_all(out, R"([{"error":{"code":)", how.status, R"(,"message":)", text,
                R"(,"status":"RESOURCE_EXHAUSTED"}}])");
        break;
    case error_shape::aws: put_all(out, R"({"message":)", text, R"(,"__type":"ThrottlingException"})"); break;
    case error_shape::string: put(out, message); break;
    case error_shape::html:
        put_all(out, "<html><head><title>", how.status, "</title></head><body><h1>", message, "</h1></body></html>");
        break;
    }
    return out;
}

}

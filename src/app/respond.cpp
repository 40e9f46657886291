#include <tollgate/app/respond.hpp>

#include <tollgate/openai/error_body.hpp>

#include <vector>

namespace tollgate::app {

task<> send_refusal(ports::exchange& x, const refusal& why, request_id id) {
    const std::string id_text = id.text();
    const openai::error_answer answer = openai::to_answer(why, id_text);
    std::vector<field> fields{{"content-type", "application/json"}, {"x-request-id", id_text}};
    for (const auto& [name, value] : answer.fields) fields.push_back({name, value});
    co_await x.send(answer.status, fields, answer.body);
}

}

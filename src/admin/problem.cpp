#include <tollgate/admin/problem.hpp>

#include <tollgate/core/json_writer.hpp>

namespace tollgate::admin {

std::string to_json(const problem& what) {
    std::string out;
    json_writer w(out);
    w.begin_object().member("type", "urn:tollgate:problem:" + what.code).member("title", what.title);
    w.member("status", what.status).optional_member("detail", what.detail);
    for (const auto& [name, value] : what.members) w.member(name, value);
    for (const auto& [name, value] : what.json_members) w.key(name).raw(value);
    w.end_object();
    return out;
}

task<> send_problem(ports::exchange& x, const problem& what) {
    const std::string body = to_json(what);
    std::vector<field> fields{{"content-type", "application/problem+json"}, {"cache-control", "no-store"}};
    for (const auto& [name, value] : what.fields) fields.push_back({name, value});
    co_await x.send(what.status, fields, body);
}

}

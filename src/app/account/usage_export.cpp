// GET /v1/account/usage/export: a page of rows at a time, so that neither memory nor a transaction grows with it.
#include "viewer.hpp"
#include <tollgate/app/query.hpp>

#include <tollgate/app/account.hpp>
#include <tollgate/app/respond.hpp>
#include <tollgate/app/usage_format.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <array>

namespace tollgate::app {

namespace {

constexpr std::string_view known[] = {"from", "to", "format"};

struct export_format {
    std::string_view name, content_type, header;
    void (*append)(std::string&, const ledger::usage_row&);
};

void append_own_jsonl(std::string& out, const ledger::usage_row& row) { append_jsonl_row(out, row, audience::tenant); }

const export_format* format_named(std::string_view name) {
    static const std::array formats{
        export_format{"csv", "text/csv; charset=utf-8", csv_header(), append_csv_row},
        export_format{"jsonl", "application/jsonl; charset=utf-8", "", append_own_jsonl},
    };
    const auto* found = std::ranges::find(formats, name, &export_format::name);
    return found == formats.end() ? nullptr : found;
}

struct export_request {
    store::usage_query range;
    const export_format* format = nullptr;
};

std::expected<export_request, refusal> read_request(std::string_view query, const viewer& who) {
    const auto asked = parameters::read(query, known);
    if (!asked) return std::unexpected(asked.error());
    auto range = read_range(*asked, who.facts.who.tenant, who.facts.at, *who.policy->zone);
    if (!range) return std::unexpected(range.error());
    export_request out{std::move(*range), format_named(asked->find("format").value_or("csv"))};
    if (!out.format) return std::unexpected(bad_parameter("format", "takes csv or jsonl"));
    return out;
}

task<result<std::vector<ledger::usage_row>>> read_page(services& use, const export_request& asked, request_id after) {
    auto read = [range = asked.range, after](store::account_store& store) {
        return store.usage_page(range, after, limits::store_page_rows_max);
    };
    co_return co_await use.accounts.run(use.on, std::move(read));
}

task<bool> begin(ports::exchange& x, const viewer& who, const export_request& asked) {
    const std::string id = who.id.text();
    const std::string file = "attachment; filename=\"usage-" + to_rfc3339(asked.range.from).substr(0, 10) + "-" +
                             to_rfc3339(asked.range.to).substr(0, 10) + "." + std::string(asked.format->name) + "\"";
    const std::array<field, 5> fields{{{"content-type", asked.format->content_type},
                                       {"content-disposition", file},
                                       {"x-request-id", id},
                                       {"x-ai-quota-policy", who.policy->version},
                                       {"cache-control", "no-store"}}};
    co_return co_await x.begin(200, fields);
}

// The rest of the pages. False: the client is gone, or the store went away in the middle, which only a cut can say.
task<bool> write_pages(services& use, ports::exchange& x, const export_request& asked,
                       std::vector<ledger::usage_row> page) {
    std::string text(asked.format->header);
    for (;;) {
        for (const ledger::usage_row& row : page) asked.format->append(text, row);
        const std::array<std::string_view, 1> pieces{text};
        if (!text.empty()) {
            const bool here = co_await x.write(pieces);
            if (!here) co_return false;
        }
        if (page.size() < limits::store_page_rows_max) co_return true;
        auto next = co_await read_page(use, asked, page.back().id);
        if (!next) co_return false;
        page = std::move(*next);
        text.clear();
    }
}

}

task<> account_usage_export(services& use, ports::exchange& x) {
    viewer who = co_await identify_viewer(use, x);
    export_request asked;
    if (!who.objection) {
        auto read = read_request(x.query(), who);
        if (read)
            asked = std::move(*read);
        else
            who.objection = std::move(read.error());
    }
    std::vector<ledger::usage_row> first;
    if (!who.objection) {
        auto page = co_await read_page(use, asked, request_id());
        if (page)
            first = std::move(*page);
        else
            who.objection = view_failure(page.error());
    }
    if (who.objection) {
        co_await send_refusal(x, *who.objection, who.id);
        co_return;
    }
    bool whole = co_await begin(x, who, asked);
    if (whole) whole = co_await write_pages(use, x, asked, std::move(first));
    if (!whole) {
        x.abort();
        co_return;
    }
    co_await x.finish({});
}

}

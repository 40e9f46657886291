#pragma once

// A YAML or JSON document as a plain tree with marks. yaml-cpp stays behind parse_document: its own tree keeps
// duplicate keys, expands aliases without a bound and loses how a scalar was written.

#include <tollgate/config/problem.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::config {

struct node {
    enum class kind : std::uint8_t { null, scalar, list, map };
    struct member;

    kind what = kind::null;
    bool quoted = false;
    bool broken = false;         // a reference in it cannot be resolved, which is already reported
    bool keep_reference = false; // its canonical form shows the reference, never what it stands for
    std::uint32_t line = 0, column = 0;
    std::string_view file;              // names the source; the caller of parse_document owns the text
    std::string text;                   // of a scalar, references replaced
    std::optional<std::string> written; // of a scalar with references: as it stands in the file, safe to show
    std::string canonical;              // of a scalar: set by the reader that knows its type ("500", "true")
    std::vector<node> items;
    std::vector<member> members; // of a map, in file order, keys unique

    const std::string& shown() const { return written ? *written : text; }
    node* find(std::string_view key);
    const node* find(std::string_view key) const;
};

struct node::member {
    std::string key;
    std::uint32_t line = 0, column = 0; // of the key
    node value;
};

// Looks up what ${...} names. Both must be safe to call from several threads.
struct references {
    std::function<std::optional<std::string>(std::string_view name)> variable;
    std::function<std::optional<std::string>(std::string_view path)> file;
    // The process environment and the file system; relative paths start at `folder`.
    static references of_process(std::string folder);
    // Leaves every reference as it is written: for text that must not reach this machine's secrets, and for stored
    // policies, whose webhooks keep theirs.
    static references kept();
};

struct document_limits {
    std::size_t bytes_max, nodes_max;
};

// Reads one document. All problems are appended; nothing comes back when there is no usable tree.
// `file` must outlive the tree.
std::optional<node> parse_document(std::string_view file, std::string_view text, const document_limits& bounds,
                                   const references& known, std::vector<problem>& problems);

// Replaces ${NAME}, ${NAME:-default} and ${file:/path}; "$${" stands for "${". The error names what is missing.
std::expected<std::string, std::string> substitute(std::string_view text, const references& known);

// One line of JSON: keys sorted, nulls left out, numbers by value where a reader has understood them. Two files that
// mean the same have the same form.
std::string canonical_form(const node& tree);

}

#include <tollgate/config/node.hpp>

#include <algorithm>

namespace tollgate::config {

namespace {

// The result reads back as the same value, so a literal "${" is written as "$${".
std::string escape_references(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 2, "${") == 0) out.push_back('$');
        out.push_back(text[i]);
    }
    return out;
}

void append_text(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back('"');
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (byte < 0x20) {
            out.append("\\u00").push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 15]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

void append(std::string& out, const node& tree);

void append_map(std::string& out, const node& tree) {
    std::vector<const node::member*> sorted;
    for (const node::member& member : tree.members)
        if (member.value.what != node::kind::null) sorted.push_back(&member);
    std::ranges::sort(sorted, {}, [](const node::member* member) -> const std::string& { return member->key; });
    out.push_back('{');
    for (const node::member* member : sorted) {
        if (out.back() != '{') out.push_back(',');
        append_text(out, member->key);
        out.push_back(':');
        append(out, member->value);
    }
    out.push_back('}');
}

void append(std::string& out, const node& tree) {
    switch (tree.what) {
    case node::kind::null: out.append("null"); break;
    case node::kind::scalar:
        if (!tree.canonical.empty())
            out.append(tree.canonical);
        else if (tree.keep_reference)
            append_text(out, tree.shown());
        else
            append_text(out, escape_references(tree.text));
        break;
    case node::kind::list:
        out.push_back('[');
        for (std::size_t i = 0; i < tree.items.size(); ++i) {
            if (i > 0) out.push_back(',');
            append(out, tree.items[i]);
        }
        out.push_back(']');
        break;
    case node::kind::map: append_map(out, tree); break;
    }
}

}

std::string canonical_form(const node& tree) {
    std::string out;
    append(out, tree);
    return out;
}

}

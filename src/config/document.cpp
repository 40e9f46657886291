// YAML events to a tree. The only file that knows yaml-cpp.
#include <tollgate/config/node.hpp>
#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

namespace tollgate::config {

// src/config/encoding.cpp
std::optional<std::string> encoding_fault(std::string_view text);
std::string join_surrogates(std::string_view text);

namespace {

// Thrown by the handler to leave yaml-cpp; caught in this file.
struct too_much {
    YAML::Mark where;
    std::string message;
};

std::uint32_t counted(int from_zero) { return static_cast<std::uint32_t>(std::max(from_zero, 0)) + 1; }

struct extent {
    std::size_t nodes = 1, depth = 1;
};

extent extent_of(const node& tree) {
    extent all;
    const auto include = [&all](const node& below) {
        const extent part = extent_of(below);
        all.nodes += part.nodes;
        all.depth = std::max(all.depth, part.depth + 1);
    };
    for (const node& item : tree.items) include(item);
    for (const node::member& member : tree.members) include(member.value);
    return all;
}

// Builds the tree. Open maps and lists stand on a stack; a finished value is handed to the one above.
class builder final : public YAML::EventHandler {
public:
    builder(std::string_view file, std::size_t nodes_max, const references& known, std::vector<problem>& problems)
        : file_(file), nodes_max_(nodes_max), known_(known), problems_(problems) {}

    std::optional<node> take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        finish(make(node::kind::null, mark), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) throw too_much{mark, "an alias inside the value that it names"};
        count(mark, found->second.size.nodes);
        check_depth(mark, found->second.size.depth);
        finish(node(found->second.value), 0);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        check_tag(mark, tag);
        node made = make(node::kind::scalar, mark);
        made.quoted = tag == "!";
        made.text = text;
        if (!expects_key() && text.find("${") != std::string::npos) replace(made);
        finish(std::move(made), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        check_tag(mark, tag);
        open(node::kind::list, mark, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        check_tag(mark, tag);
        open(node::kind::map, mark, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    struct level {
        node value;
        YAML::anchor_t anchor;
        std::optional<node> key; // read, its value not yet
    };
    struct anchored {
        node value;
        extent size;
    };

    bool expects_key() const {
        return !open_.empty() && open_.back().value.what == node::kind::map && !open_.back().key;
    }

    void count(const YAML::Mark& mark, std::size_t nodes) {
        nodes_ += nodes;
        if (nodes_ > nodes_max_)
            throw too_much{mark, "more than " + std::to_string(nodes_max_) + " values, aliases counted as expanded"};
    }

    // yaml-cpp bounds the depth of what is written; aliases inside aliases go deeper.
    void check_depth(const YAML::Mark& mark, std::size_t below) {
        if (open_.size() + below > static_cast<std::size_t>(limits::config_depth_max))
            throw too_much{mark, "nested deeper than " + std::to_string(limits::config_depth_max)};
    }

    void open(node::kind what, const YAML::Mark& mark, YAML::anchor_t anchor) {
        check_depth(mark, 1);
        open_.push_back({make(what, mark), anchor, std::nullopt});
    }

    node make(node::kind what, const YAML::Mark& mark) {
        count(mark, 1);
        node made;
        made.what = what;
        made.file = file_;
        made.line = counted(mark.line);
        made.column = counted(mark.column);
        return made;
    }

    void report(const node& where, std::string message) {
        problems_.push_back({std::string(file_), where.line, where.column, std::move(message)});
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        problems_.push_back({std::string(file_), counted(mark.line), counted(mark.column), "tags are not supported"});
    }

    void replace(node& scalar) {
        auto replaced = substitute(scalar.text, known_);
        if (!replaced) {
            scalar.broken = true;
            return report(scalar, replaced.error());
        }
        scalar.written = std::exchange(scalar.text, std::move(*replaced));
    }

    void finish(node value, YAML::anchor_t anchor) {
        if (anchor != 0) keep(value, anchor);
        if (open_.empty()) {
            root_ = std::move(value);
            return;
        }
        level& top = open_.back();
        if (top.value.what == node::kind::list) {
            top.value.items.push_back(std::move(value));
        } else if (!top.key) {
            top.key = std::move(value);
        } else {
            add(top, std::move(value));
        }
    }

    // The copy counts as well: anchors inside anchors would else multiply what is held.
    void keep(const node& value, YAML::anchor_t anchor) {
        const extent size = extent_of(value);
        YAML::Mark mark;
        mark.line = static_cast<int>(value.line) - 1;
        mark.column = static_cast<int>(value.column) - 1;
        count(mark, size.nodes);
        anchors_[anchor] = {value, size};
    }

    void add(level& top, node value) {
        const node key = std::move(*std::exchange(top.key, std::nullopt));
        if (key.what != node::kind::scalar) return report(key, "a key must be a plain name");
        if (top.value.members.size() >= limits::config_keys_max)
            return report(key, "more than " + std::to_string(limits::config_keys_max) + " keys in one place");
        if (const node* first = top.value.find(key.text)) {
            report(key, "the key `" + key.text + "` appears twice; first on line " + std::to_string(first->line));
            return;
        }
        if (value.what == node::kind::null) { // yaml-cpp marks an absent value where the next one starts
            value.line = key.line;
            value.column = key.column;
        }
        top.value.members.push_back({key.text, key.line, key.column, std::move(value)});
    }

    void close() {
        TG_ASSERT(!open_.empty());
        level done = std::move(open_.back());
        open_.pop_back();
        finish(std::move(done.value), done.anchor);
    }

    std::string_view file_;
    std::size_t nodes_max_;
    const references& known_;
    std::vector<problem>& problems_;
    std::size_t nodes_ = 0;
    std::vector<level> open_;
    std::optional<node> root_;
    std::unordered_map<YAML::anchor_t, anchored> anchors_;
};

problem at_mark(std::string_view file, const YAML::Mark& mark, std::string message) {
    return {std::string(file), counted(mark.line), counted(mark.column), std::move(message)};
}

// yaml-cpp ends a reference at its brace when it stands unquoted inside { } or [ ].
std::string with_hint(std::string message, std::string_view text) {
    if (message.find("flow") != std::string::npos && text.find("${") != std::string_view::npos)
        message += "; inside { } or [ ] write \"${NAME}\" in quotes";
    return message;
}

}

node* node::find(std::string_view key) {
    for (member& one : members)
        if (one.key == key) return &one.value;
    return nullptr;
}

const node* node::find(std::string_view key) const { return const_cast<node*>(this)->find(key); }

std::optional<node> parse_document(std::string_view file, std::string_view text, const document_limits& bounds,
                                   const references& known, std::vector<problem>& problems) {
    const auto refuse = [&](std::string message) {
        problems.push_back({std::string(file), 0, 0, std::move(message)});
        return std::nullopt;
    };
    if (text.size() > bounds.bytes_max) return refuse("larger than " + std::to_string(bounds.bytes_max) + " bytes");
    if (auto fault = encoding_fault(text)) return refuse(std::move(*fault));

    builder tree(file, bounds.nodes_max, known, problems);
    std::istringstream in(join_surrogates(text));
    try {
        YAML::Parser parser(in);
        if (!parser.HandleNextDocument(tree)) {
            node empty;
            empty.file = file;
            empty.line = empty.column = 1;
            return empty;
        }
        auto root = tree.take();
        if (parser.HandleNextDocument(tree)) return refuse("holds more than one document");
        return root;
    } catch (const too_much& stop) {
        problems.push_back(at_mark(file, stop.where, stop.message));
    } catch (const YAML::Exception& broken) {
        problems.push_back(at_mark(file, broken.mark, with_hint(broken.msg, text)));
    } catch (const std::exception& broken) { // yaml-cpp lets conversions of escapes throw on their own
        return refuse(std::string("not readable: ") + broken.what());
    }
    return std::nullopt;
}

}

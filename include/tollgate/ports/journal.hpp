#pragma once

// An append-only file of records that survives the process.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tollgate::ports {

class journal {
public:
    virtual ~journal() = default;
    // Durable before it returns true. Callable from any thread.
    virtual bool append(std::string_view record) = 0;
    virtual std::string why_not() const { return {}; } // the last append that failed did, for a person
    // Every whole record in order; a torn tail is cut off. `take` returns false to stop.
    virtual void read(const std::function<bool(std::string_view record)>& take) = 0;
    // Drops the first `records` records.
    virtual void drop(std::size_t records) = 0;
    virtual std::size_t size() const = 0; // records
};

}

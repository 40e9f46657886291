#pragma once

#include <tollgate/ports/journal.hpp>

#include <cstdint>
#include <mutex>
#include <string>

namespace tollgate::store {

// Records as [size][checksum][bytes]. A torn tail, the trace of a kill in mid-write, is cut off when the file is
// opened.
class file_journal final : public ports::journal {
public:
    explicit file_journal(std::string path); // start-up: throws std::runtime_error when it cannot be opened
    ~file_journal() override;
    file_journal(const file_journal&) = delete;
    file_journal& operator=(const file_journal&) = delete;

    bool append(std::string_view record) override;
    std::string why_not() const override;
    void read(const std::function<bool(std::string_view record)>& take) override;
    void drop(std::size_t records) override;
    std::size_t size() const override;

private:
    std::string load(std::uint64_t from) const;
    void recover();

    std::string path_;
    int file_ = -1;
    mutable std::mutex mutex_;
    std::uint64_t head_ = 0, end_ = 0; // bytes: first record not dropped, end of the last whole one
    std::size_t records_ = 0;
    int failure_ = 0; // errno of the last append that failed
};

}

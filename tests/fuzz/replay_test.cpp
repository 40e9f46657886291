#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);

namespace {

// A target aborts on what it finds; getting to the end is the expectation.
TEST(replay, the_corpus_finds_nothing) {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(TOLLGATE_FUZZ_CORPUS)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        SCOPED_TRACE(entry.path().filename());
        EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()), 0);
        ++files;
    }
    EXPECT_GT(files, 0) << "no corpus for " << TOLLGATE_FUZZ_TARGET;
}

}

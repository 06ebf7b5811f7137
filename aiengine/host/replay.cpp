// SPDX-License-Identifier: Apache-2.0
// Runs the kernels of one architecture on recorded vectors:
//
//   replay PLAN...
//
// A plan is text, one call a line, words separated by one blank:
//
//   hccs|consmax NAME SCHEDULE MASKING COUNT LENGTH HEADS SCORES ROWS TABLE MASK EXPECTED
//
// NAME is a form ("u8-div-floor-15") or, for consmax, 8 or 16. SCHEDULE is rows or tiles, MASKING
// is length or bits. There are COUNT row records, for rows of LENGTH scores. TABLE has the
// constants of HEADS heads. The last five words are files beside the plan, FILE or
// FILE:OFFSET:BYTES; MASK is - with masking length. The program prints each call that differs and a
// summary. Its exit code is 0 without a mismatch, 1 with mismatches, 2 on bad input.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bind.hpp"

namespace
{

constexpr std::size_t ALIGNMENT = 64;
constexpr unsigned char UNWRITTEN = 0x5a;

struct Free {
    void operator()(void* p) const { std::free(p); }
};

// Memory with the alignment that the kernels need, and exactly as long as asked for, so that the
// address sanitizer sees every access after its end.
class Buffer
{
public:
    explicit Buffer(std::size_t bytes) : bytes_(bytes)
    {
        void* p = nullptr;
        if (posix_memalign(&p, ALIGNMENT, bytes == 0 ? 1 : bytes) != 0)
            throw std::runtime_error("no memory for " + std::to_string(bytes) + " bytes");
        data_.reset(static_cast<unsigned char*>(p));
    }

    unsigned char* data() const { return data_.get(); }
    std::size_t size() const { return bytes_; }

private:
    std::unique_ptr<unsigned char, Free> data_;
    std::size_t bytes_;
};

std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, separator);)
        parts.push_back(part);
    return parts;
}

std::size_t number(const std::string& text)
{
    std::size_t used = 0;
    unsigned long value = 0;
    try {
        value = std::stoul(text, &used);
    } catch (const std::logic_error&) {
        used = 0;
    }
    if (used == 0 || used != text.size())
        throw std::runtime_error("'" + text + "' is no number");
    return value;
}

// Returns the bytes that `place` names; their number must be `wanted`.
Buffer read(const std::string& folder, const std::string& place, std::size_t wanted)
{
    const std::vector<std::string> parts = split(place, ':');
    if (parts.size() != 1 && parts.size() != 3)
        throw std::runtime_error("'" + place + "' is not FILE or FILE:OFFSET:BYTES");
    std::ifstream file(folder + parts[0], std::ios::binary | std::ios::ate);
    if (!file)
        throw std::runtime_error("file " + parts[0] + " cannot be read");
    const std::size_t length = static_cast<std::size_t>(file.tellg());
    const std::size_t offset = parts.size() == 3 ? number(parts[1]) : 0;
    const std::size_t bytes = parts.size() == 3 ? number(parts[2]) : length;
    if (bytes != wanted || offset > length || bytes > length - offset)
        throw std::runtime_error(place + " has not the " + std::to_string(wanted) +
                                 " bytes that its call needs");
    Buffer buffer(bytes);
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(bytes));
    if (!file)
        throw std::runtime_error("file " + parts[0] + " cannot be read");
    return buffer;
}

struct Total {
    std::size_t calls = 0;
    std::size_t rows = 0;
    std::size_t mismatches = 0;
};

// Runs one line of a plan; returns true when all codes are right.
bool replay(const std::string& folder, const std::string& line, Total& total)
{
    const std::vector<std::string> words = split(line, ' ');
    if (words.size() != 12)
        throw std::runtime_error("the line has " + std::to_string(words.size()) +
                                 " words: 12 are needed");
    const bool hccs = words[0] == "hccs", tiles = words[2] == "tiles", bits = words[3] == "bits";
    const std::size_t count = number(words[4]), length = number(words[5]), heads = number(words[6]);
    if (count > UINT16_MAX * std::size_t(UINT16_MAX) || length > UINT16_MAX || heads > UINT16_MAX)
        throw std::runtime_error("count, length or heads is too large");
    const std::size_t step = tiles ? 8 : 32;
    const std::size_t scores = count * ((length + step - 1) / step * step);
    const std::string name = words[1];
    const std::size_t code_bytes = name == "8" || name.rfind("u8", 0) == 0 ? 1 : 2;

    const Buffer x = read(folder, words[7], scores);
    const Buffer rows = read(folder, words[8], count * 4);
    const Buffer table = read(folder, words[9], heads * (hccs ? 4 : surmax_table_bytes()));
    const Buffer mask = bits ? read(folder, words[10], scores / 8) : Buffer(0);
    const Buffer expected = read(folder, words[11], scores * code_bytes);
    const Buffer codes(expected.size());
    std::memset(codes.data(), UNWRITTEN, codes.size());

    const auto* score_data = reinterpret_cast<const int8_t*>(x.data());
    const auto* mask_data = bits ? reinterpret_cast<const uint32_t*>(mask.data()) : nullptr;
    char error[512] = "";
    int result = 0;
    if (hccs) {
        std::string form = name;
        for (char& c : form)
            c = c == '-' ? ' ' : c;
        result = surmax_hccs(form.c_str(), tiles, bits, score_data, codes.data(), rows.data(),
                             table.data(), mask_data, unsigned(count), unsigned(length), error,
                             sizeof error);
    } else {
        result = surmax_consmax(int(8 * code_bytes), bits, score_data, codes.data(), rows.data(),
                                table.data(), mask_data, unsigned(count), unsigned(length), error,
                                sizeof error);
    }
    if (result == 2)
        throw std::runtime_error("kernel " + name + " is not built in");
    std::size_t wrong = 0, first = 0;
    for (std::size_t i = scores; i-- > 0;) {
        const std::size_t at = i * code_bytes;
        if (std::memcmp(codes.data() + at, expected.data() + at, code_bytes) != 0) {
            ++wrong;
            first = i;
        }
    }
    ++total.calls;
    total.rows += count;
    if (result == 1) {
        total.mismatches += scores;
        std::printf("%s: violation: %s\n", line.c_str(), error);
    } else if (wrong != 0) {
        total.mismatches += wrong;
        std::printf("%s: %zu codes differ, the first one is code %zu\n", line.c_str(), wrong,
                    first);
    }
    return result == 0 && wrong == 0;
}

} // namespace

int main(int count, char** arguments)
{
    Total total;
    if (count < 2) {
        std::fprintf(stderr, "usage: replay PLAN...\n");
        return 2;
    }
    for (int i = 1; i < count; ++i) {
        const std::string plan = arguments[i];
        const std::size_t slash = plan.rfind('/');
        const std::string folder = slash == std::string::npos ? "" : plan.substr(0, slash + 1);
        std::ifstream file(plan);
        std::string line;
        unsigned place = 0;
        try {
            if (!file)
                throw std::runtime_error("the plan cannot be read");
            while (std::getline(file, line)) {
                ++place;
                replay(folder, line, total);
            }
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s line %u: %s\n", plan.c_str(), place, error.what());
            return 2;
        }
    }
    std::printf("%zu calls, %zu rows, %zu mismatches\n", total.calls, total.rows, total.mismatches);
    return total.mismatches != 0;
}

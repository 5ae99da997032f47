package content

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// speech is text in a language: words by chance, the frequent ones often, as in prose.
func speech(words string, between string, n int) string {
	all := strings.Fields(words)
	rng := rand.New(rand.NewPCG(3, 4))
	var s strings.Builder
	for i := 0; s.Len() < n; i++ {
		w := all[min(rng.IntN(len(all)), rng.IntN(len(all)))]
		s.WriteString(w + between)
		if i%12 == 11 {
			s.WriteString("\n")
		}
	}
	return s.String()
}

// table writes numbers that a function gives.
func table(n int, form string, perLine int, value func(i int) int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, form, value(i))
		if i%perLine == perLine-1 {
			s.WriteString("\n")
		}
	}
	return s.String()
}

func lines(n int, line func(i int) string) string {
	var s strings.Builder
	for i := range n {
		s.WriteString(line(i) + "\n")
	}
	return s.String()
}

func TestHonestTextIsNoPayload(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	sum := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return hex.EncodeToString(b)
	}
	name := func() string {
		parts := []string{"lib", "core", "http", "json", "py", "go", "net", "util", "test", "log", "time", "data", "web"}
		return parts[rng.IntN(13)] + "-" + parts[rng.IntN(13)] + "-" + fmt.Sprint(rng.IntN(9), ".", rng.IntN(20))
	}
	walk := 120
	for kind, text := range map[string]string{
		"Chinese": speech("的 是 在 我们 你 和 有 人 这个 中国 可以 使用 文件 系统 程序 数据 如果 命令 选项 没有 一个 因为 需要 用户 分支 提交 "+
			"仓库 合并 历史 版本 默认 设置 对象 内容 输出 显示 错误 警告 目录 路径", "", 9000),
		"Japanese": speech("の は を に が です ます この ファイル コマンド オプション 設定 する ください ブランチ 変更 場合 ない ある こと "+
			"リポジトリ 表示 必要 として 使用 できます", "", 9000),
		"Korean": speech("이 가 을 는 에서 파일 명령 옵션 설정 합니다 있습니다 저장소 브랜치 변경 사용 경우 없습니다 오류 다음 모든", " ", 9000),
		"Russian": speech("и в не на файл команда параметр ветка это быть используется если можно указать "+
			"репозиторий изменения коммит ошибка вывод каталог для при также который", " ", 9000),
		"Arabic": speech("في من على الملف الأمر هذا إلى مع أو لا "+
			"يمكن الفرع المستودع التغييرات خطأ استخدام عند كل", " ", 9000),
		"Greek": speech("και το να του η με σε για αρχείο εντολή επιλογή "+
			"δεν είναι κλάδος αλλαγές αποθετήριο σφάλμα", " ", 9000),
		"Thai":  speech("การ ที่ และ ใน ไฟล์ คำสั่ง ของ ไม่ ได้ เป็น ใช้ มี ให้ สาขา ข้อผิดพลาด ระบบ", "", 9000),
		"Hindi": speech("के में है की और से को फ़ाइल आदेश नहीं यह का पर लिए शाखा त्रुटि उपयोग", " ", 9000),
		"a list of emoji": lines(200, func(i int) string {
			return fmt.Sprintf("%c # E%d.%d face number %d", rune(0x1f600+i), i%13, i%2, i)
		}),
		"emoji in a row":  strings.Join(strings.Split(table(1200, "%c", 40, func(i int) int { return 0x1f300 + i }), ""), ""),
		"all of a script": table(3000, "%c", 40, func(i int) int { return 0x4e00 + i }),
		"a translation": lines(200, func(i int) string {
			return fmt.Sprintf("#: src/%s.c:%d\nmsgid \"cannot open %%s\"\nmsgstr \"не удалось открыть %%s\"\n", name(), i)
		}),
		"a script made small": strings.Repeat(`!function(e,t){"use strict";var n=e.document,r=t[0]||{},`+
			`i=n.createElement("a");for(var o=0;o<r.length;++o)i.href=r[o]+"?x=1";`+
			`function s(e){return e&&e.__esModule?e.default:e}}(this,[]);`, 100),
		"a path of SVG": `<path d="` + strings.Join(strings.Fields(table(1500, "%d c0-1.1.9-2 2-2h4", 1<<20, func(int) int {
			return rng.IntN(24)
		})), " ") + `"/>`,
		"a path of SVG, drawn": `<path d="M` + lines(700, func(int) string {
			return fmt.Sprintf("%.3f,%.3f", rng.Float64()*400, rng.Float64()*400)
		}) + `Z"/>`,
		"a certificate": "-----BEGIN CERTIFICATE-----\n" + wrap(base64.StdEncoding.EncodeToString(noise(360)), 64, "", "") +
			"-----END CERTIFICATE-----\n",
		"a certificate as text": lines(17, func(int) string {
			return "        " + strings.TrimSuffix(each(noise(15), "%02x", 99, ":"), ":")
		}),
		"sums": lines(300, func(int) string { return sum(32) + "  " + name() + ".tar.xz" }),
		"go.sum": lines(300, func(int) string {
			return "example.org/" + name() + " v1.2.3 h1:" + base64.StdEncoding.EncodeToString([]byte(sum(16))) + "="
		}),
		"Cargo.lock": lines(200, func(int) string {
			return "[[package]]\nname = \"" + name() + "\"\nversion = \"1.0.0\"\n" +
				"source = \"registry+https://example.org/index\"\nchecksum = \"" + sum(32) + "\"\n"
		}),
		"Pipfile.lock": lines(20, func(int) string {
			return `        "` + name() + `": {` + "\n            \"hashes\": [\n" + lines(30, func(int) string {
				return `                "sha256:` + sum(32) + `",`
			}) + "            ],"
		}),
		"package-lock.json": lines(150, func(int) string {
			return `    "node_modules/` + name() + "\": {\n      \"version\": \"1.0.0\",\n" +
				"      \"resolved\": \"https://example.org/" +
				name() +
				".tgz\",\n      \"integrity\": \"sha512-" + base64.StdEncoding.EncodeToString([]byte(sum(32))) + "\"\n    },"
		}),
		"a list of commits": lines(60, func(int) string { return "# " + name() + " reformats\n" + sum(20) }),
		"a test vector":     "static const uint8_t key[] = {\n" + each(noise(64), "0x%02x", 12, ", ") + "};\n",
		"ranges of Unicode": lines(600, func(i int) string {
			return fmt.Sprintf("\t{0x%04x, 0x%04x}, ", 0x300+i*41, 0x300+i*41+i%17)
		}),
		"words of Unicode": lines(500, func(i int) string {
			return fmt.Sprintf("%04X;LATIN LETTER %s;Ll;0;L;;;;;N;;;%04X;;%04X",
				0x100+i, strings.ToUpper(name()), 0xff+i, 0xff+i)
		}),
		"measures in CSV": lines(500, func(i int) string {
			return fmt.Sprintf("2024-%02d-%02dT%02d:00:00Z,%s,%.2f,%.2f,%d",
				i%12+1, i%28+1, i%24, name(), rng.NormFloat64()*9, rng.Float64(), rng.IntN(99))
		}),
		"a fixture of JSON": lines(400, func(i int) string {
			return fmt.Sprintf(`  {"id": %d, "user": "%s", "score": %d, "tags": ["a", "b%d"]},`,
				10000+i, name(), rng.IntN(100), i%9)
		}),
		"small numbers":    table(3000, "%d, ", 16, func(i int) int { return i % 7 * 3 }),
		"numbers in order": table(3000, "%3d, ", 16, func(i int) int { return i % 256 }),
		"a table of sines": table(2048, "%d, ", 16, func(i int) int { return int(128 + 127*math.Sin(float64(i)/40)) }),
		"a sound":          table(3000, "%d, ", 16, func(int) int { walk += rng.IntN(7) - 3; return walk & 0xff }),
		"a table of colours": lines(400, func(i int) string {
			return fmt.Sprintf("    {%d, %d, %d},", i*255/400, 255-i*255/400, (i*i/99)%200)
		}),
		"colours": lines(300, func(i int) string { return fmt.Sprintf("  --%s-%d: #%s;", name(), i, sum(3)) }),
		"a table of a parser": table(2500, "%6d,", 10, func(i int) int {
			if rng.IntN(3) == 0 {
				return -1
			}
			return i/9 + rng.IntN(30)
		}),
		"jumps of a machine": table(3000, "%5d,", 10, func(i int) int { return (i / 40) * (rng.IntN(3) / 2) }),
		"floats":             table(800, "%d.0f, ", 8, func(int) int { return rng.IntN(20) }),
		"long floats": lines(500, func(int) string {
			return fmt.Sprintf("    %.17g, %.17g,", rng.Float64(), rng.NormFloat64())
		}),
		"a ruler": strings.Repeat(strings.Repeat("+---", 19)+"+\n", 100),
		"identifiers": lines(200, func(i int) string {
			return "example.org/" + name() + "/550e8400-e29b-41d4-a716-" + sum(6)
		}),
		"a change log": lines(300, func(i int) string {
			return fmt.Sprintf("- %s: fix it (#%d, %s)", name(), 1000+rng.IntN(9000), sum(20)[:8])
		}),
	} {
		if got := inspect(text); got != 0 {
			t.Errorf("%s is %s: %v %v %v", kind, traitNames(got), encodedLines([]byte(text), []span{{0, len(text)}}),
				hexText([]byte(text), []span{{0, len(text)}}), dense([]byte(text), []span{{0, len(text)}}, always))
		}
	}
}

func always(span) bool { return true }

// What is found near a place is what is found in all of the text and overlaps it.
func FuzzNear(f *testing.F) {
	b64 := wrap(base64.StdEncoding.EncodeToString(noise(900)), 60, "", "")
	f.Add([]byte(source1+b64+source1), 100, 900, 1000, 1001)
	f.Add([]byte(b64+"\n\n"+b64+"a\n"+base85(noise(3000))), 1000, 1010, 1500, 4000)
	f.Add([]byte(source1+hex.EncodeToString(noise(1000))+source1), 2000, 2600, 2700, 2701)
	f.Add([]byte(b64+source1+b64+source1+b64), 10, 11, 4000, 4001)
	f.Add([]byte(base85(noise(3000))+strings.Repeat(source1, 4)+base85(noise(3000))), 100, 200, 9000, 9001)
	f.Fuzz(func(t *testing.T, text []byte, a, b, c, d int) {
		ends := []int{a, b, c, d}
		for i, end := range ends {
			ends[i] = max(0, min(end, len(text)))
		}
		slices.Sort(ends)
		near, whole := []span{{ends[0], ends[1]}, {ends[2], ends[3]}}, []span{{0, len(text)}}
		for name, found := range map[string][2][]span{
			"lines":       {encodedLines(text, near), encodedLines(text, whole)},
			"hexadecimal": {hexText(text, near), hexText(text, whole)},
			"dense":       {dense(text, near, always), dense(text, whole, always)},
		} {
			apart := func(s span) bool {
				return !slices.ContainsFunc(near, func(n span) bool { return s.to > n.from && s.from < n.to })
			}
			here, all := slices.DeleteFunc(found[0], apart), slices.DeleteFunc(found[1], apart)
			if !slices.Equal(here, all) {
				t.Errorf("%s near %v: %v, in all of it %v", name, near, here, all)
			}
		}
	})
}

func FuzzDense(f *testing.F) {
	for _, seed := range []string{
		"", source1, base85(noise(300)), each(noise(300), `\u%04x`, 99, ""), each(noise(300), "&#%d;", 9, ""), "&#;&#x;",
		`\`, `\x`, `\u1`, "0x",
		"0xh", "h", "00h", "%", "=", "99999999999999999999", "999999999999999999999", "01010101",
		"08", "S1", ":00", ":0000000000",
	} {
		f.Add([]byte(seed), 2)
	}
	f.Fuzz(func(t *testing.T, b []byte, times int) {
		text := []byte(strings.Repeat(string(b), 1+max(0, min(times, 40))%40))
		c, whole := new(counts), span{0, len(text)}
		all := []span{whole}
		found := [][]span{
			encodedLines(text, all), hexText(text, all), dense(text, all, always), asChars.runs(text, whole, all, c),
			asHex.runs(text, whole, all, c), asDecimals.runs(text, whole, all, c),
		}
		for _, runs := range found {
			for _, run := range runs {
				if run.from < 0 || run.from >= run.to || run.to > len(text) {
					t.Fatalf("from %d to %d of %d", run.from, run.to, len(text))
				}
			}
		}
		if c.tables != (tables{}) {
			t.Error("the tables aren't empty")
		}
	})
}

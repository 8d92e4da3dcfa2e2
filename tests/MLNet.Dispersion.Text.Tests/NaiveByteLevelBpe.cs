using System.Text;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>GPT-2's encoder written as plainly as can be, with a hand-written scanner in the place of the regular expression.</summary>
internal sealed class NaiveByteLevelBpe(IReadOnlyDictionary<string, int> vocabulary, IEnumerable<(string, string)> merges)
{
    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];
    private readonly Dictionary<(string, string), int> _ranks = merges.Select((m, i) => (m, i)).ToDictionary(x => x.m, x => x.i);

    public List<int> Encode(string text) => [.. Pieces([.. text.EnumerateRunes()]).SelectMany(EncodePiece)];

    public IEnumerable<int> EncodePiece(string piece)
    {
        List<string> word = [.. Encoding.UTF8.GetBytes(piece).Select(b => Symbol(b).ToString())];
        while (true)
        {
            var candidates = Enumerable.Range(0, Math.Max(0, word.Count - 1)).Where(i => _ranks.ContainsKey((word[i], word[i + 1]))).ToList();
            if (candidates.Count == 0)
            {
                return word.Select(s => vocabulary[s]);
            }

            int at = candidates.MinBy(i => _ranks[(word[i], word[i + 1])]);
            word[at] += word[at + 1];
            word.RemoveAt(at + 1);
        }
    }

    public static char Symbol(int b)
    {
        static bool Printable(int x) => x is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        return (char)(Printable(b) ? b : 256 + Enumerable.Range(0, b).Count(x => !Printable(x)));
    }

    public static IEnumerable<string> Pieces(Rune[] r)
    {
        for (int at = 0, end; at < r.Length; at = end)
        {
            end = EndOfPiece(r, at);
            yield return string.Concat(r[at..end]);
        }
    }

    private static int EndOfPiece(Rune[] r, int at)
    {
        foreach (string c in Contractions)
        {
            if (at + c.Length <= r.Length && string.Concat(r[at..(at + c.Length)]) == c)
            {
                return at + c.Length;
            }
        }

        int body = r[at].Value == ' ' && at + 1 < r.Length && !IsSpace(r[at + 1]) ? at + 1 : at;
        if (!IsSpace(r[body]))
        {
            return Run(r, body, Class(r[body]));
        }

        int end = Run(r, at, Class(r[at]));
        return end == r.Length || end == at + 1 ? end : end - 1;
    }

    private static int Run(Rune[] r, int from, int kind)
    {
        while (from < r.Length && Class(r[from]) == kind)
        {
            from++;
        }

        return from;
    }

    private static int Class(Rune r) => Rune.IsLetter(r) ? 0 : Rune.IsNumber(r) ? 1 : IsSpace(r) ? 2 : 3;

    private static bool IsSpace(Rune r) => Rune.IsWhiteSpace(r);
}

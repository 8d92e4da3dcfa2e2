using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Statistics;

/// <summary>Compares answers as the scripts of the Stanford Question Answering Dataset do. Pure functions, thread-safe.</summary>
public static class AnswerText
{
    private const char FinalSigma = 'ς';
    private static readonly string[] Articles = ["a", "an", "the"];

    /// <summary>An answer as it is compared: lower case, without ASCII punctuation, without the articles a, an, the, words parted by single blanks.</summary>
    /// <param name="answer">The answer.</param>
    public static string Normalize(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        string kept = string.Concat(Lower(answer).Where(letter => !(char.IsAscii(letter) && (char.IsPunctuation(letter) || char.IsSymbol(letter)))));
        return string.Join(' ', Words(WithoutArticles(kept)));
    }

    /// <summary>Whether a prediction equals one of the answers after normalisation.</summary>
    /// <param name="prediction">The prediction; empty for "no answer".</param>
    /// <param name="answers">The right answers; none for a question without an answer.</param>
    /// <param name="rules">By which script.</param>
    /// <exception cref="ArgumentException">There is no answer, by version 1.1.</exception>
    public static bool IsExact(string prediction, IReadOnlyList<string> answers, AnswerRules rules = AnswerRules.Squad2)
    {
        string own = Normalize(prediction);
        return Targets(answers, rules).Any(target => target == own);
    }

    /// <summary>The F1 of words in common with the answer that has most, 0..1.</summary>
    /// <param name="prediction">The prediction; empty for "no answer".</param>
    /// <param name="answers">The right answers; none for a question without an answer.</param>
    /// <param name="rules">By which script.</param>
    /// <exception cref="ArgumentException">There is no answer, by version 1.1.</exception>
    public static double F1(string prediction, IReadOnlyList<string> answers, AnswerRules rules = AnswerRules.Squad2)
    {
        string[] own = Words(Normalize(prediction));
        return Targets(answers, rules).Max(target =>
        {
            string[] words = Words(target);
            if (rules == AnswerRules.Squad2 && (own.Length == 0 || words.Length == 0))
            {
                return own.Length == words.Length ? 1 : 0;
            }

            Dictionary<string, int> counts = words.CountBy(word => word).ToDictionary();
            int shared = own.CountBy(word => word).Sum(word => Math.Min(word.Value, counts.GetValueOrDefault(word.Key)));
            return MatchScores.Share(2.0 * shared, own.Length + words.Length);
        });
    }

    private static string[] Targets(IReadOnlyList<string> answers, AnswerRules rules)
    {
        ArgumentNullException.ThrowIfNull(answers);
        if (rules == AnswerRules.Squad1)
        {
            MetricInput.NotEmpty(answers.Count, nameof(answers));
            return [.. answers.Select(Normalize)];
        }

        string[] targets = [.. answers.Select(Normalize).Where(target => target.Length > 0)];
        return targets.Length > 0 ? targets : [""];
    }

    /// <summary>Lower case as Unicode has it, where one letter may become two and a sigma at a word's end its own form.</summary>
    private static string Lower(string text)
    {
        var lower = new StringBuilder(text.ToLowerInvariant()).Replace("\u0130", "i\u0307");
        for (int i = text.IndexOf('Σ', StringComparison.Ordinal); i >= 0; i = text.IndexOf('Σ', i + 1))
        {
            if (i > 0 && char.IsLetter(text[i - 1]) && (i + 1 == text.Length || !char.IsLetter(text[i + 1])) && lower.Length == text.Length)
            {
                lower[i] = FinalSigma;
            }
        }

        return lower.ToString();
    }

    /// <summary>Articles become blanks wherever they stand between signs that are neither letters nor digits.</summary>
    private static string WithoutArticles(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && IsOfWord(text, end))
            {
                end += char.IsSurrogatePair(text, end) ? 2 : 1;
            }

            if (end == start)
            {
                kept.Append(text[start++]);
                continue;
            }

            string word = text[start..end];
            kept.Append(Articles.Contains(word, StringComparer.Ordinal) ? " " : word);
            start = end;
        }

        return kept.ToString();
    }

    private static bool IsOfWord(string text, int index) => CharUnicodeInfo.GetUnicodeCategory(text, index)
        is <= UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static string[] Words(string text) =>
        string.Concat(text.Select(letter => letter is >= '\u001C' and <= '\u001F' ? ' ' : letter)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

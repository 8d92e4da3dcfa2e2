using System.Text;
using System.Text.RegularExpressions;

namespace MLNet.Dispersion;

/// <summary>Reads WikiText (Merity et al. 2016) as the lm-evaluation-harness does: whole pages, written as people write, their words counted in the original. Pure functions, thread-safe.</summary>
/// <remarks>
/// WikiText's files are tokenised: blanks around punctuation and brackets, <c>@-@</c> within words. A model reads ordinary text better, so the loss is that of the ordinary text; the words are those of the file,
/// or the measure would depend on the cleaning. On WikiText-2 that makes about 1.18 times as many words, and a perplexity of 30 where the cleaned text alone would give 55.
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
/// using MLNet.Dispersion.Models;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.TinyEnglish);
/// var result = WordPerplexity.Measure(model, WikiText.Pages(File.ReadLines("wiki.test.raw")).Select(WikiText.Count));
/// </code>
/// </example>
public static partial class WikiText
{
    /// <summary>What is written otherwise, in this order.</summary>
    private static readonly Func<string, string>[] Rewrites =
    [
        Literal("s '", "s'"),
        Literal(" @-@ ", "-"),
        Literal(" @,@ ", ","),
        Literal(" @.@ ", "."),
        .. ":;.!?,".Select(mark => Literal($" {mark} ", $"{mark} ")),
        text => RoundBrackets().Replace(text, "($1)"),
        text => SquareBrackets().Replace(text, "[$1]"),
        text => CurlyBrackets().Replace(text, "{$1}"),
        text => DoubleQuotes().Replace(text, "\"$1\""),
        text => SingleQuotes().Replace(text, "'$1'"),
        Literal("= = = =", "===="),
        Literal("= = =", "==="),
        Literal("= =", "=="),
        Literal(" ° ", "°"),
        Literal(" \n", "\n"),
        Literal("\n ", "\n"),
        Literal(" N ", " 1 "),
        Literal(" 's", "'s"),
    ];

    /// <summary>Puts the lines of a file together to pages: each begins with a heading of the first level, <c> = Title = </c>.</summary>
    /// <param name="lines">The lines, without their ends.</param>
    /// <returns>The pages, each line closed by a line feed; what stands before the first heading makes one too where it is not blank.</returns>
    public static IEnumerable<string> Pages(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return PagesLazily(lines);
    }

    /// <summary>Writes a page as people write: without the blanks that tokenising put around punctuation, brackets, quotes and headings.</summary>
    /// <param name="page">The page.</param>
    public static string Detokenize(string page)
    {
        ArgumentNullException.ThrowIfNull(page);
        return Rewrites.Aggregate(page, (text, rewrite) => rewrite(text));
    }

    /// <summary>Makes a page ready for <see cref="WordPerplexity"/>: the detokenised page with the words and bytes of the original.</summary>
    /// <param name="page">The page.</param>
    /// <returns>Words are what splitting on white space gives, as in the harness: a page that begins or ends with a blank counts one empty word more there.</returns>
    public static CountedText Count(string page)
    {
        ArgumentNullException.ThrowIfNull(page);
        return new CountedText { Text = Detokenize(page), Words = Blanks().Count(page) + 1, Bytes = Encoding.UTF8.GetByteCount(page) };
    }

    private static IEnumerable<string> PagesLazily(IEnumerable<string> lines)
    {
        var page = new StringBuilder();
        foreach (string line in lines)
        {
            if (Heading().IsMatch(line))
            {
                if (!string.IsNullOrWhiteSpace(page.ToString()))
                {
                    yield return page.ToString();
                }

                page.Clear();
            }

            page.Append(line).Append('\n');
        }

        if (!string.IsNullOrWhiteSpace(page.ToString()))
        {
            yield return page.ToString();
        }
    }

    private static Func<string, string> Literal(string from, string to) => text => text.Replace(from, to, StringComparison.Ordinal);

    [GeneratedRegex(@"^ ?= [^=\s](.*[^=\s])? = ?$", RegexOptions.CultureInvariant)]
    private static partial Regex Heading();

    /// <summary>What Python takes for white space: some separators more than .NET.</summary>
    [GeneratedRegex(@"[\s\x1c-\x1f]+", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\([\s\x1c-\x1f]*([^\)]*?)[\s\x1c-\x1f]*\)", RegexOptions.CultureInvariant)]
    private static partial Regex RoundBrackets();

    [GeneratedRegex(@"\[[\s\x1c-\x1f]*([^\]]*?)[\s\x1c-\x1f]*\]", RegexOptions.CultureInvariant)]
    private static partial Regex SquareBrackets();

    [GeneratedRegex(@"{[\s\x1c-\x1f]*([^}]*?)[\s\x1c-\x1f]*}", RegexOptions.CultureInvariant)]
    private static partial Regex CurlyBrackets();

    [GeneratedRegex("\"[\\s\\x1c-\\x1f]*([^\"]*?)[\\s\\x1c-\\x1f]*\"", RegexOptions.CultureInvariant)]
    private static partial Regex DoubleQuotes();

    [GeneratedRegex(@"'[\s\x1c-\x1f]*([^']*?)[\s\x1c-\x1f]*'", RegexOptions.CultureInvariant)]
    private static partial Regex SingleQuotes();
}

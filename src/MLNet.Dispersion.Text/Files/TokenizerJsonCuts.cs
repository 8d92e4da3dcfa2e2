using System.Text.RegularExpressions;

namespace MLNet.Dispersion.Text;

/// <summary>How a byte-level tokenizer.json cuts text into pieces.</summary>
/// <param name="Patterns">The patterns, applied one after the other.</param>
/// <param name="AddPrefixSpace">Whether a space is put before a stretch of text that has none.</param>
internal sealed record TokenizerJsonCuts(IReadOnlyList<Regex> Patterns, bool AddPrefixSpace)
{
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(30);

    /// <summary>Reads the pre-tokenizer; null where it is not byte-level.</summary>
    internal static TokenizerJsonCuts? Read(JsonField? preTokenizer)
    {
        if (preTokenizer is not { } field)
        {
            return null;
        }

        JsonField[] steps = TypeOf(field) == "Sequence" ? [.. field.Get("pretokenizers").Items()] : [field];
        if (!steps.Any(step => TypeOf(step) == "ByteLevel"))
        {
            return null;
        }

        JsonField last = steps[^1];
        if (TypeOf(last) != "ByteLevel")
        {
            throw field.Fail("its step ByteLevel must be the last one");
        }

        List<Regex> patterns = [.. steps[..^1].Select(ReadCut)];

        bool addPrefixSpace = last.Find("add_prefix_space")?.AsBoolean() ?? true;
        if (addPrefixSpace && patterns.Count > 0)
        {
            throw last.Fail("add_prefix_space is not supported after other steps");
        }

        if (last.Find("use_regex")?.AsBoolean() ?? true)
        {
            patterns.Add(PreTokenizerPatterns.Gpt2());
        }

        return new TokenizerJsonCuts(patterns, addPrefixSpace);
    }

    private static string TypeOf(JsonField step) => step.Get("type").AsString();

    private static Regex ReadCut(JsonField step)
    {
        string type = TypeOf(step);
        return type switch
        {
            "Split" => ReadSplit(step),
            "Digits" => Compile(step.Find("individual_digits")?.AsBoolean() == true ? @"\p{N}" : @"\p{N}+", step),
            _ => throw step.Fail($"the pre-tokenizer {type} is not supported before ByteLevel; Split and Digits are"),
        };
    }

    private static Regex ReadSplit(JsonField step)
    {
        string behavior = step.Get("behavior").AsString();
        if (behavior != "Isolated")
        {
            throw step.Fail($"a Split with behavior {behavior} is not supported; Isolated is");
        }

        JsonField pattern = step.Get("pattern");
        return pattern.Find("Regex") is { } regex
            ? Compile(regex.AsString(), regex)
            : Compile(Regex.Escape(pattern.Get("String").AsString()), pattern);
    }

    private static Regex Compile(string pattern, JsonField where)
    {
        switch (pattern)
        {
            case PreTokenizerPatterns.Gpt2Text:
                return PreTokenizerPatterns.Gpt2();
            case PreTokenizerPatterns.Qwen2Text:
                return PreTokenizerPatterns.Qwen2();
            case "":
                throw where.Fail("the pattern is empty");
            default:
                break;
        }

        try
        {
            return new Regex(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant, LongestMatch);
        }
        catch (ArgumentException e)
        {
            throw where.Fail($"the pattern is written in a way that .NET's regular expressions lack: {e.Message.TrimEnd('.')}", e);
        }
    }
}

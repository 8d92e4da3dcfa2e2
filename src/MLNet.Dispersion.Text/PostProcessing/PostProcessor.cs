namespace MLNet.Dispersion.Text;

/// <summary>Puts the tokens around texts that a model was trained with, and joins the two texts of a pair. Immutable and thread-safe.</summary>
internal abstract class PostProcessor
{
    /// <summary>How many tokens it puts around a text or a pair.</summary>
    internal abstract int AddedCount(bool pair);

    /// <summary>The rows, one for a text and two for a pair, as what comes next takes them.</summary>
    internal abstract List<TokenRow> Process(List<TokenRow> rows, bool addSpecialTokens);

    /// <summary>The ids that it puts around texts.</summary>
    internal abstract IEnumerable<int> AddedIds { get; }

    /// <summary>Whether it says how the two texts of a pair are joined.</summary>
    internal abstract bool JoinsPairs { get; }

    /// <summary>One row of all; without a processor the texts follow each other.</summary>
    internal static TokenRow Run(PostProcessor? processor, List<TokenRow> rows, bool addSpecialTokens) => TokenRow.Merge(processor is null
        ? (rows.Count == 1 ? rows : Marked(rows))
        : processor.Process(Marked(rows), addSpecialTokens));

    private static List<TokenRow> Marked(List<TokenRow> rows) => [.. rows.Select((row, i) => row.Mark(i))];
}

/// <summary>Several, one after the other.</summary>
internal sealed class SequenceProcessor(IReadOnlyList<PostProcessor> steps) : PostProcessor
{
    /// <inheritdoc/>
    internal override IEnumerable<int> AddedIds => steps.SelectMany(step => step.AddedIds);

    /// <inheritdoc/>
    internal override bool JoinsPairs => steps.Any(step => step.JoinsPairs);

    /// <inheritdoc/>
    internal override int AddedCount(bool pair) => steps.Sum(step => step.AddedCount(pair));

    /// <inheritdoc/>
    internal override List<TokenRow> Process(List<TokenRow> rows, bool addSpecialTokens) => steps.Aggregate(rows, (current, step) => step.Process(current, addSpecialTokens));
}

/// <summary>Leaves the blanks at the ends of tokens out of their offsets.</summary>
internal sealed class OffsetTrimmer(bool addPrefixSpace, Func<int, string?> pieceOf)
{
    /// <summary>The row with trimmed offsets.</summary>
    internal TokenRow Trim(TokenRow row) => new() { Tokens = [.. row.Tokens.Select(Trim)], Sequences = row.Sequences, Overflowing = [.. row.Overflowing.Select(Trim)] };

    private TokenEntry Trim(TokenEntry token, int index)
    {
        string text = token.Text ?? pieceOf(token.Id) ?? "";
        int leading = 0;
        while (leading < text.Length && IsBlank(text[leading]))
        {
            leading++;
        }

        int trailing = 0;
        while (trailing < text.Length && IsBlank(text[text.Length - 1 - trailing]))
        {
            trailing++;
        }

        (int start, int end) = (token.Start, token.End);
        if (leading == 1 && addPrefixSpace && (index == 0 || start == 0))
        {
            // The blank that was put in front is not in the text.
            leading = 0;
        }

        if (leading > 0)
        {
            start = Math.Min(start + leading, end);
        }

        if (trailing > 0 && end >= trailing)
        {
            end = Math.Max(end - trailing, start);
        }

        return token with { Start = start, End = end };
    }

    private static bool IsBlank(char c) => c == ByteSymbols.Symbol((byte)' ') || char.IsWhiteSpace(c);
}

/// <summary>Trims offsets, as byte-level tokenizers do.</summary>
internal sealed class ByteLevelProcessor(OffsetTrimmer? trimmer) : PostProcessor
{
    /// <inheritdoc/>
    internal override IEnumerable<int> AddedIds => [];

    /// <inheritdoc/>
    internal override bool JoinsPairs => false;

    /// <inheritdoc/>
    internal override int AddedCount(bool pair) => 0;

    /// <inheritdoc/>
    internal override List<TokenRow> Process(List<TokenRow> rows, bool addSpecialTokens) => [.. rows.Select((row, i) => (trimmer is null ? row : trimmer.Trim(row)).Mark(i))];
}

/// <summary>BERT's frame: [CLS] A [SEP] B [SEP].</summary>
internal sealed class BertProcessor((string Text, int Id) separator, (string Text, int Id) first) : PostProcessor
{
    /// <inheritdoc/>
    internal override IEnumerable<int> AddedIds => [first.Id, separator.Id];

    /// <inheritdoc/>
    internal override bool JoinsPairs => true;

    /// <inheritdoc/>
    internal override int AddedCount(bool pair) => pair ? 3 : 2;

    /// <inheritdoc/>
    internal override List<TokenRow> Process(List<TokenRow> rows, bool addSpecialTokens) => addSpecialTokens ? [.. rows.Select(Frame)] : rows;

    private TokenRow Frame(TokenRow row, int index)
    {
        TokenEntry end = TokenEntry.Frame(separator.Id, separator.Text, index);
        IEnumerable<TokenEntry> begin = index == 0 ? [TokenEntry.Frame(first.Id, first.Text, 0)] : [];
        int before = index == 0 ? 1 : 0;
        return new TokenRow
        {
            Tokens = [.. begin, .. row.Tokens, end],
            Sequences = new() { [index] = (before, row.Count + before) },
            Overflowing = [.. row.Overflowing.Select(part => Frame(part, index))],
        };
    }
}

/// <summary>RoBERTa's frame: &lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B &lt;/s&gt;, all of type 0.</summary>
internal sealed class RobertaProcessor((string Text, int Id) separator, (string Text, int Id) first, OffsetTrimmer? trimmer) : PostProcessor
{
    /// <inheritdoc/>
    internal override IEnumerable<int> AddedIds => [first.Id, separator.Id];

    /// <inheritdoc/>
    internal override bool JoinsPairs => true;

    /// <inheritdoc/>
    internal override int AddedCount(bool pair) => pair ? 4 : 2;

    /// <inheritdoc/>
    internal override List<TokenRow> Process(List<TokenRow> rows, bool addSpecialTokens)
    {
        List<TokenRow> trimmed = [.. rows.Select(row => (trimmer is null ? row : trimmer.Trim(row)).Select(token => token with { TypeId = 0 }))];
        return addSpecialTokens ? [.. trimmed.Select(Frame)] : trimmed;
    }

    private TokenRow Frame(TokenRow row, int index)
    {
        (string text, int id) = index == 0 ? first : separator;
        return new TokenRow
        {
            Tokens = [TokenEntry.Frame(id, text, 0), .. row.Tokens, TokenEntry.Frame(separator.Id, separator.Text, 0)],
            Sequences = new() { [index] = (1, row.Count + 1) },
            Overflowing = [.. row.Overflowing.Select(part => Frame(part, index))],
        };
    }
}

/// <summary>A part of a template: a text, or tokens.</summary>
/// <param name="Sequence">0 for the first text, 1 for the second, -1 for tokens.</param>
/// <param name="TypeId">The type that its tokens get.</param>
/// <param name="Name">The name of the tokens.</param>
internal readonly record struct TemplatePart(int Sequence, int TypeId, string Name);

/// <summary>Frames texts by a template.</summary>
internal sealed class TemplateProcessor(
    IReadOnlyList<TemplatePart> single,
    IReadOnlyList<TemplatePart> pair,
    IReadOnlyDictionary<string, (int Id, string Text)[]> tokens) : PostProcessor
{
    /// <inheritdoc/>
    internal override IEnumerable<int> AddedIds => single.Concat(pair).Where(part => part.Sequence < 0 && tokens.ContainsKey(part.Name)).SelectMany(part => tokens[part.Name].Select(token => token.Id));

    /// <inheritdoc/>
    internal override bool JoinsPairs => pair.Any(part => part.Sequence == 1);

    /// <inheritdoc/>
    internal override int AddedCount(bool pairs) => (pairs ? pair : single).Where(part => part.Sequence < 0).Sum(part => tokens.TryGetValue(part.Name, out (int, string)[]? named) ? named.Length : 0);

    /// <inheritdoc/>
    internal override List<TokenRow> Process(List<TokenRow> rows, bool addSpecialTokens)
    {
        var result = new List<TokenRow>();
        foreach (TemplatePart part in rows.Count == 2 ? pair : single)
        {
            if (part.Sequence >= rows.Count)
            {
                throw new TokenizationException("The template of single texts names a second text. Correct the file's post_processor.");
            }

            if (part.Sequence >= 0)
            {
                // What was cut off keeps its types: so the reference does it.
                TokenRow row = rows[part.Sequence];
                TokenRow marked = row.Mark(part.Sequence);
                result.Add(new TokenRow { Tokens = [.. row.Tokens.Select(token => token with { TypeId = part.TypeId })], Sequences = marked.Sequences, Overflowing = marked.Overflowing });
            }
            else if (addSpecialTokens)
            {
                (int Id, string Text)[] named = tokens.TryGetValue(part.Name, out (int, string)[]? known)
                    ? known
                    : throw new TokenizationException($"The template names the token \"{part.Name}\", which its special_tokens lack. Correct the file's post_processor.");
                result.Add(new TokenRow { Tokens = [.. named.Select(token => TokenEntry.Frame(token.Id, token.Text, part.TypeId))] });
            }
        }

        return result;
    }
}

namespace MLNet.Dispersion.Text;

/// <summary>All steps from text to tokens and back, as a tokenizer.json names them. Immutable and thread-safe.</summary>
internal sealed class TokenPipeline
{
    /// <summary>No model reads so long rows; a damaged file that asks for more is told before memory is taken.</summary>
    private const int MostPadding = 1 << 24;

    private readonly ByteLevelCutter? _speller;
    private readonly TextCutter? _beforeSpeller;
    private readonly TokenDecoder? _plainDecoder;

    internal TokenPipeline(TokenModel model, TextNormalizer? normalizer, TextCutter? cutter, PostProcessor? processor, TokenDecoder? decoder, AddedVocabulary added)
    {
        Model = model;
        Normalizer = normalizer;
        Cutter = cutter;
        Processor = processor;
        Decoder = decoder;
        _plainDecoder = decoder?.WithoutCleanUp();
        Added = added;
        if (model is BpeModel)
        {
            _speller = cutter as ByteLevelCutter;
            if (cutter is SequenceCutter { Steps: { Count: > 0 } steps } && steps[^1] is ByteLevelCutter last)
            {
                _speller = last;
                _beforeSpeller = steps.Count == 1 ? null : steps.Count == 2 ? steps[0] : new SequenceCutter([.. steps.Take(steps.Count - 1)]);
            }
        }
    }

    /// <summary>Whether it is byte-pair encoding of bytes: the model's pieces are spelled in GPT-2's stand-ins.</summary>
    internal bool SpellsBytes => _speller is not null;

    internal TokenModel Model { get; }

    internal TextNormalizer? Normalizer { get; }

    internal TextCutter? Cutter { get; }

    internal PostProcessor? Processor { get; }

    internal TokenDecoder? Decoder { get; }

    internal AddedVocabulary Added { get; }

    /// <summary>How texts are cut to a length, as the file says it; or null.</summary>
    internal TextTruncation? Truncation { get; init; }

    /// <summary>How rows are filled up, as the file says it; or null.</summary>
    internal TextPadding? Padding { get; init; }

    /// <summary>Whether short ways with equal results may be taken. Default: yes.</summary>
    internal bool TakesShortcuts { get; init; } = true;

    /// <summary>The tokens of one text.</summary>
    /// <param name="text">Well-formed text.</param>
    /// <param name="sequence">0 for the first text, 1 for the second.</param>
    /// <param name="specialsAsText">Whether special tokens in the text are text.</param>
    /// <param name="word">The number of the word that the text is; -1: it is no word, its pieces are numbered.</param>
    internal List<TokenEntry> Encode(string text, int sequence, bool specialsAsText, int word = -1)
    {
        var tokens = new List<TokenEntry>((text.Length / 3) + 8);
        var pieces = new List<AlignedText>();
        int number = 0;
        var map = CodePointMap.Of(text);
        foreach ((AlignedText part, int id) in Added.Extract(new AlignedText(text), specialsAsText))
        {
            if (id >= 0)
            {
                (int start, int end) = part.OriginalRange(0, part.Length);
                tokens.Add(Entry(id, start, end, part.ToString()));
                number++;
                continue;
            }

            pieces.Clear();
            bool unspelled = Cut(part, pieces);
            foreach (AlignedText piece in pieces)
            {
                PieceTokens found = unspelled ? ((BpeModel)Model).TokenizeUnspelled(piece.Span) : Model.Tokenize(piece.Span);
                for (int i = 0; i < found.Ids.Length; i++)
                {
                    int from = found.Starts?[i] ?? 0;
                    int to = found.Ends?[i] ?? piece.Length;
                    if (from < 0)
                    {
                        // The reference counts such places in bytes of the whole text.
                        (int first, int last) = Utf8Places.ToCodePoints(text, ~from, to);
                        tokens.Add(Entry(found.Ids[i], 0, 0, found.Texts?[i]) with { Start = first, End = last });
                        continue;
                    }

                    (int start, int end) = piece.OriginalRange(from, to);
                    tokens.Add(Entry(found.Ids[i], start, end, found.Texts?[i]));
                }

                number++;
            }
        }

        return tokens;

        TokenEntry Entry(int id, int start, int end, string? own) => new()
        {
            Id = id,
            Start = map.ToCodePoints(start),
            End = map.ToCodePoints(end),
            Text = own,
            Word = word >= 0 ? word : number,
            Sequence = sequence,
            TypeId = sequence,
        };
    }

    /// <summary>The ids of one text without those around it, as many as are asked for; at least one more shows that there are more.</summary>
    internal List<int> EncodeIds(string text, int atLeast, bool specialsAsText)
    {
        var ids = new List<int>(Math.Min((text.Length / 3) + 8, 4096));
        var pieces = new List<AlignedText>();
        foreach ((AlignedText part, int id) in Added.Extract(new AlignedText(text), specialsAsText))
        {
            if (ids.Count >= atLeast)
            {
                break;
            }

            if (id >= 0)
            {
                ids.Add(id);
                continue;
            }

            pieces.Clear();
            bool unspelled = Cut(part, pieces);
            foreach (AlignedText piece in pieces)
            {
                if (unspelled)
                {
                    ids.AddRange(((BpeModel)Model).TokenizeUnspelled(piece.Span).Ids);
                }
                else
                {
                    Model.AddIds(piece.Span, ids, atLeast);
                }

                if (ids.Count >= atLeast)
                {
                    break;
                }
            }
        }

        return ids;
    }

    /// <summary>The row of a text or a pair: cut, framed, not filled up.</summary>
    internal TokenRow Finish(List<TokenRow> rows, bool addSpecialTokens, TextTruncation? truncation, bool keepsOverflowing)
    {
        int added = addSpecialTokens && Processor is not null ? Processor.AddedCount(rows.Count == 2) : 0;
        return PostProcessor.Run(Processor, truncation is null ? rows : RowCutter.Cut(rows, truncation, added, keepsOverflowing), addSpecialTokens);
    }

    /// <summary>Rows filled up to one length.</summary>
    internal static IReadOnlyList<TokenRow> Pad(IReadOnlyList<TokenRow> rows, TextPadding? padding)
    {
        if (padding is null || rows.Count == 0)
        {
            return rows;
        }

        if (padding.Length < 0 || padding.MultipleOf < 0)
        {
            throw new TokenizationException($"Rows cannot be filled up to {padding.Length ?? padding.MultipleOf} tokens. Choose a length and a multiple of 0 or more.");
        }

        long length = padding.Length ?? rows.Max(row => row.Count);
        if (padding.MultipleOf is > 0 and { } multiple && length % multiple > 0)
        {
            length += multiple - (length % multiple);
        }

        if (length > MostPadding && length > rows.Max(row => row.Count))
        {
            throw new TokenizationException($"Rows would be filled up to {length} tokens, and {MostPadding} is the limit. Choose a smaller length or multiple.");
        }

        TokenEntry entry = TokenEntry.Frame(padding.TokenId, padding.Token, padding.TypeId) with { Padding = true };
        return [.. rows.Select(row => row.Pad((int)length, entry, padding.Side == TextSide.Left))];
    }

    /// <summary>The text of tokens; ids without a token are left out.</summary>
    internal string Decode(IEnumerable<int> ids, Func<int, string, bool> leavesOut, bool cleansUp)
    {
        var texts = new List<string>();
        foreach (int id in ids)
        {
            if (Added.TextOf(id) is { } text && !leavesOut(id, text))
            {
                texts.Add(text);
            }
        }

        TokenDecoder? decoder = cleansUp ? Decoder : _plainDecoder;
        return decoder is null ? string.Join(' ', texts) : string.Concat(decoder.Decode(texts));
    }

    /// <summary>Cuts a text; says whether the bytes of the pieces are still to be spelled.</summary>
    private bool Cut(AlignedText text, List<AlignedText> pieces)
    {
        if (Cutter is null)
        {
            pieces.Add(text);
            return false;
        }

        if (_speller is null || !TakesShortcuts)
        {
            Cutter.Cut(text, pieces);
            return false;
        }

        if (_beforeSpeller is null)
        {
            _speller.CutUnspelled(text, pieces);
            return true;
        }

        var before = new List<AlignedText>();
        _beforeSpeller.Cut(text, before);
        before.ForEach(piece => _speller.CutUnspelled(piece, pieces));
        return true;
    }
}

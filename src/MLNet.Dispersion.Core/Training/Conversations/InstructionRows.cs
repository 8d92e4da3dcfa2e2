namespace MLNet.Dispersion;

/// <summary>Instructions as training rows: cut, packed, and with what each token counts.</summary>
internal sealed record InstructionRows
{
    /// <summary>The token ids of each row.</summary>
    internal required IReadOnlyList<int[]> Sequences { get; init; }

    /// <summary>How much each token counts, 0 where it is not learnt.</summary>
    internal required IReadOnlyList<float[]> Weights { get; init; }

    /// <summary>The tokens of each text of each row, where they are kept apart; null where rows are single texts or run into one another.</summary>
    internal IReadOnlyList<IReadOnlyList<int>>? TextLengths { get; init; }

    /// <summary>How many instructions lost tokens.</summary>
    internal required int Truncated { get; init; }

    /// <summary>The instructions, from 0, of which no answer was left.</summary>
    internal required IReadOnlyList<int> LeftOut { get; init; }

    /// <summary>As the training loop takes them.</summary>
    internal TrainingRows ToRows() => new(new EncodedTexts(Sequences, SecondStarts: null, Truncated) { TextLengths = TextLengths });

    /// <summary>These rows and others behind them, each of which is one text; what became of instructions is told of these alone.</summary>
    internal InstructionRows With(InstructionRows others) => this with
    {
        Sequences = [.. Sequences, .. others.Sequences],
        Weights = [.. Weights, .. others.Weights],
        TextLengths = TextLengths is null ? null : [.. TextLengths, .. others.Sequences.Select(row => (int[])[row.Length])],
    };

    /// <summary>Makes them.</summary>
    /// <param name="model">Whose tokenizer and template.</param>
    /// <param name="instructions">The instructions.</param>
    /// <param name="options">How; checked.</param>
    /// <param name="maxTokens">The most tokens of a row.</param>
    /// <param name="cancel">Looked at before each instruction.</param>
    /// <exception cref="ArgumentException">There is none, one has no answer, or a bad weight, or no answer is left of all; the message names the row.</exception>
    internal static InstructionRows Of(PretrainedLanguageModel model, IReadOnlyList<Instruction> instructions, InstructionOptions options, int maxTokens, CancellationToken cancel)
    {
        if (instructions.Count == 0)
        {
            throw new ArgumentException("There are no instructions: the data is empty.", nameof(instructions));
        }

        if (options.Packing is InstructionPacking.BestFit or InstructionPacking.BestFitSplit && !model.Backbone.ReadsPackedTexts)
        {
            throw new ArgumentException($"{nameof(InstructionOptions)}.{nameof(InstructionOptions.Packing)} is {options.Packing}, but a backbone of type {model.Backbone.Info.ModelType} cannot keep conversations apart that share a row: only the built-in decoders can. Set it to None.", nameof(options));
        }

        ExampleWeights.Check(instructions.Count, [.. instructions.Select(instruction => instruction.Weight)]);
        var encoder = new ConversationEncoder(model, options.ChatTemplate, cancel);
        Piece[] pieces = [.. instructions.Select((instruction, row) => new Piece(encoder.Encode(instruction, row, options), instruction.Weight))];
        InstructionRows rows = options.Packing switch
        {
            InstructionPacking.None => Apart(pieces, options.KeepEnd, maxTokens),
            InstructionPacking.BestFit => Packed([.. pieces.Select(piece => piece.Part(0, Math.Min(maxTokens, piece.Length)))], maxTokens) with { Truncated = pieces.Count(piece => piece.Length > maxTokens) },
            InstructionPacking.BestFitSplit => Packed([.. pieces.SelectMany(piece => piece.Cut(maxTokens))], maxTokens),
            _ => Wrapped(pieces, maxTokens),
        };
        return rows.Weights.Any(row => row.AsSpan().ContainsAnyExcept(0))
            ? rows
            : throw new ArgumentException(FormattableString.Invariant($"Of none of the {instructions.Count} rows (first row 0) is an answer left within the {maxTokens} tokens of a row. Raise FineTuneOptions.MaxSequenceLength, shorten the prompts, or set {nameof(InstructionOptions)}.{nameof(InstructionOptions.KeepEnd)} to true."), nameof(instructions));
    }

    private static InstructionRows Apart(Piece[] pieces, bool keepEnd, int maxTokens)
    {
        Piece[] cut = [.. pieces.Select(piece => piece.Length <= maxTokens ? piece : piece.Part(keepEnd ? piece.Length - maxTokens : 0, maxTokens))];
        Piece[] kept = [.. cut.Where(piece => piece.Learnt.Contains(true))];
        return new InstructionRows
        {
            Sequences = [.. kept.Select(piece => piece.Ids)],
            Weights = [.. kept.Select(piece => piece.Weights)],
            Truncated = pieces.Count(piece => piece.Length > maxTokens),
            LeftOut = [.. cut.Index().Where(pair => !pair.Item.Learnt.Contains(true)).Select(pair => pair.Index)],
        };
    }

    private static InstructionRows Packed(Piece[] pieces, int maxTokens)
    {
        IReadOnlyList<IReadOnlyList<int>> rows = InstructionPacker.BestFit([.. pieces.Select(piece => piece.Length)], maxTokens);
        return new InstructionRows
        {
            Sequences = [.. rows.Select(row => row.SelectMany(piece => pieces[piece].Ids).ToArray())],
            Weights = [.. rows.Select(row => row.SelectMany(piece => pieces[piece].Weights).ToArray())],
            TextLengths = [.. rows.Select(row => row.Select(piece => pieces[piece].Length).ToArray())],
            Truncated = 0,
            LeftOut = [],
        };
    }

    private static InstructionRows Wrapped(Piece[] pieces, int maxTokens) => new()
    {
        Sequences = [.. pieces.SelectMany(piece => piece.Ids).Chunk(maxTokens)],
        Weights = [.. pieces.SelectMany(piece => piece.Weights).Chunk(maxTokens)],
        Truncated = 0,
        LeftOut = [],
    };

    /// <summary>An instruction, or a part of one.</summary>
    private sealed record Piece(int[] Ids, bool[] Learnt, float Weight)
    {
        internal Piece(EncodedInstruction encoded, float weight)
            : this(encoded.Ids, encoded.Learnt, weight)
        {
        }

        internal int Length => Ids.Length;

        internal float[] Weights => [.. Learnt.Select(learnt => learnt ? Weight : 0)];

        internal Piece Part(int start, int length) => new(Ids[start..(start + length)], Learnt[start..(start + length)], Weight);

        internal IEnumerable<Piece> Cut(int most) => Enumerable.Range(0, (Length + most - 1) / most).Select(part => Part(part * most, Math.Min(most, Length - (part * most))));
    }
}

using System.Runtime.InteropServices;

namespace MLNet.Dispersion;

/// <summary>Instructions as training rows: cut, packed, and with what each token counts. They may be larger than memory; the owner disposes them.</summary>
internal sealed class InstructionRows : IDisposable
{
    private const int Ids = 0;
    private const int Counts = 1;
    private const int Lengths = 2;
    private readonly StoredRows _rows;

    private InstructionRows(StoredRows rows, bool isPacked)
    {
        _rows = rows;
        Weights = new LazyList<float[]>(rows.Count, row => MemoryMarshal.Cast<int, float>(rows.Column(Counts)[row].AsSpan()).ToArray());
        TextLengths = isPacked ? rows.Column(Lengths) : null;
    }

    /// <summary>The token ids of each row.</summary>
    internal IReadOnlyList<int[]> Sequences => _rows.Column(Ids);

    /// <summary>How much each token counts, 0 where it is not learnt.</summary>
    internal IReadOnlyList<float[]> Weights { get; }

    /// <summary>The tokens of each text of each row, where they are kept apart; null where rows are single texts or run into one another.</summary>
    internal IReadOnlyList<IReadOnlyList<int>>? TextLengths { get; }

    /// <summary>How many rows are to be learnt; those behind them are to choose weights by.</summary>
    internal int Learnt => _rows.Notes[0];

    /// <summary>How many instructions lost tokens, of those to be learnt.</summary>
    internal int Truncated => _rows.Notes[1];

    /// <summary>The instructions, from 0, of which no answer was left.</summary>
    internal IReadOnlyList<int> LeftOut => [.. _rows.Notes.Skip(2)];

    /// <summary>As the training loop takes them.</summary>
    internal TrainingRows ToRows() => new(new EncodedTexts(Sequences, SecondStarts: null, Truncated) { TextLengths = TextLengths });

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();

    /// <summary>Makes them.</summary>
    /// <param name="model">Whose tokenizer and template.</param>
    /// <param name="instructions">The instructions.</param>
    /// <param name="options">How; checked.</param>
    /// <param name="maxTokens">The most tokens of a row.</param>
    /// <param name="cancel">Looked at before each instruction.</param>
    /// <param name="validation">Instructions to choose weights by, each a row behind the others; null for none.</param>
    /// <param name="storage">Where the rows are kept; null for memory.</param>
    /// <exception cref="ArgumentException">There is none, one has no answer, or a bad weight, or no answer is left of all; the message names the row.</exception>
    internal static InstructionRows Of(
        PretrainedLanguageModel model,
        IReadOnlyList<Instruction> instructions,
        InstructionOptions options,
        int maxTokens,
        CancellationToken cancel,
        IReadOnlyList<Instruction>? validation = null,
        RowStorage? storage = null)
    {
        Check(model, instructions, options);
        if (validation is not null)
        {
            Check(model, validation, options);
        }

        RowStorage place = storage ?? RowStorage.Memory;
        bool isPacked = options.Packing is InstructionPacking.BestFit or InstructionPacking.BestFitSplit;
        var maker = new Maker(new ConversationEncoder(model, options.ChatTemplate, cancel), options, maxTokens, place);
        return new InstructionRows(
            StoredRows.Make(place, isPacked ? 3 : 2, Key, rows =>
            {
                IReadOnlyList<int> notes = maker.Fill(rows, instructions, options.Packing);
                int learnt = rows.Count;
                if (validation is not null)
                {
                    maker.Fill(rows, validation, InstructionPacking.None);
                }

                rows.Notes = [learnt, .. notes];
            }),
            isPacked);

        string Key() => RowKey.Of(
            model,
            FormattableString.Invariant($"instructions {maxTokens} {options.Packing} {options.KeepEnd} {options.CompletionOnly} {options.AssistantOnly} {options.ChatTemplate}"),
            instructions.SelectMany(instruction => instruction.Described()),
            validation?.SelectMany(instruction => instruction.Described()) ?? []);
    }

    private static void Check(PretrainedLanguageModel model, IReadOnlyList<Instruction> instructions, InstructionOptions options)
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
    }

    /// <summary>Puts instructions into rows, one after the other.</summary>
    private sealed class Maker(ConversationEncoder encoder, InstructionOptions options, int maxTokens, RowStorage storage)
    {
        /// <returns>How many lost tokens, and the numbers of those of which nothing was left.</returns>
        internal IReadOnlyList<int> Fill(StoredRows rows, IReadOnlyList<Instruction> instructions, InstructionPacking packing)
        {
            var filled = new Filled(rows);
            IEnumerable<Piece> pieces = instructions.Select((instruction, row) => new Piece(encoder.Encode(instruction, row, options), instruction.Weight));
            IReadOnlyList<int> notes = packing switch
            {
                InstructionPacking.None => Apart(filled, pieces),
                InstructionPacking.BestFit => Packed(filled, pieces, piece => [piece.Part(0, Math.Min(maxTokens, piece.Length))], cutsOff: true),
                InstructionPacking.BestFitSplit => Packed(filled, pieces, piece => piece.Cut(maxTokens), cutsOff: false),
                _ => Wrapped(filled, pieces),
            };
            return filled.Learns
                ? notes
                : throw new ArgumentException(FormattableString.Invariant($"Of none of the {instructions.Count} rows (first row 0) is an answer left within the {maxTokens} tokens of a row. Raise FineTuneOptions.MaxSequenceLength, shorten the prompts, or set {nameof(InstructionOptions)}.{nameof(InstructionOptions.KeepEnd)} to true."), nameof(instructions));
        }

        private int[] Apart(Filled rows, IEnumerable<Piece> pieces)
        {
            int truncated = 0;
            var leftOut = new List<int>();
            foreach ((int row, Piece whole) in pieces.Index())
            {
                truncated += whole.Length > maxTokens ? 1 : 0;
                Piece piece = whole.Length <= maxTokens ? whole : whole.Part(options.KeepEnd ? whole.Length - maxTokens : 0, maxTokens);
                if (piece.Learnt.Contains(true))
                {
                    rows.Add(piece.Ids, piece.Weights, [piece.Length]);
                }
                else
                {
                    leftOut.Add(row);
                }
            }

            return [truncated, .. leftOut];
        }

        private int[] Packed(Filled rows, IEnumerable<Piece> pieces, Func<Piece, IEnumerable<Piece>> cut, bool cutsOff)
        {
            int truncated = 0;
            using var stored = new StoredRows(2, storage with { KeepIn = null });
            foreach (Piece whole in pieces)
            {
                truncated += cutsOff && whole.Length > maxTokens ? 1 : 0;
                foreach (Piece piece in cut(whole))
                {
                    stored.Add(piece.Ids, piece.Weights);
                }
            }

            IReadOnlyList<int[]> ids = stored.Column(Ids), counts = stored.Column(Counts);
            foreach (IReadOnlyList<int> row in InstructionPacker.BestFit([.. Enumerable.Range(0, stored.Count).Select(piece => StoredRows.LengthOf(ids, piece))], maxTokens))
            {
                rows.Add([.. row.SelectMany(piece => ids[piece])], [.. row.SelectMany(piece => counts[piece])], [.. row.Select(piece => StoredRows.LengthOf(ids, piece))]);
            }

            return [truncated];
        }

        private int[] Wrapped(Filled rows, IEnumerable<Piece> pieces)
        {
            foreach ((int Id, int Weight)[] row in pieces.SelectMany(piece => piece.Ids.Zip(piece.Weights)).Chunk(maxTokens))
            {
                rows.Add([.. row.Select(token => token.Id)], [.. row.Select(token => token.Weight)], [row.Length]);
            }

            return [0];
        }
    }

    /// <summary>Rows that are being filled, with whether anything of them is learnt.</summary>
    private sealed class Filled(StoredRows rows)
    {
        internal bool Learns { get; private set; }

        internal void Add(int[] ids, int[] weights, int[] textLengths)
        {
            Learns |= MemoryMarshal.Cast<int, float>(weights.AsSpan()).ContainsAnyExcept(0f);
            if (rows.Columns > Lengths)
            {
                rows.Add(ids, weights, textLengths);
            }
            else
            {
                rows.Add(ids, weights);
            }
        }
    }

    /// <summary>An instruction, or a part of one.</summary>
    private sealed record Piece(int[] Ids, bool[] Learnt, float Weight)
    {
        internal Piece(EncodedInstruction encoded, float weight)
            : this(encoded.Ids, encoded.Learnt, weight)
        {
        }

        internal int Length => Ids.Length;

        /// <summary>How much each token counts, as the bits of a number of 32.</summary>
        internal int[] Weights => [.. Learnt.Select(learnt => BitConverter.SingleToInt32Bits(learnt ? Weight : 0))];

        internal Piece Part(int start, int length) => new(Ids[start..(start + length)], Learnt[start..(start + length)], Weight);

        internal IEnumerable<Piece> Cut(int most) => Enumerable.Range(0, (Length + most - 1) / most).Select(part => Part(part * most, Math.Min(most, Length - (part * most))));
    }
}

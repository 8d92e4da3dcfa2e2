using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Loads a byte-level BPE tokenizer from vocab.json and merges.txt and the files beside them.</summary>
internal static class VocabMergesLoader
{
    internal const string VocabularyFile = "vocab.json";
    internal const string MergesFile = "merges.txt";
    internal const string Qwen2Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly Lazy<PatternCutter> Qwen2 = new(() => new PatternCutter(TextPattern.Parse(Qwen2Pattern), CutBehavior.Isolated, invert: false));

    internal static CheckpointParts Load(FileSource source, SideFiles side, TokenizerClass named)
    {
        byte[] vocabularyBytes = source.ReadAllBytes(VocabularyFile);
        byte[] mergesBytes = source.ReadAllBytes(MergesFile);
        Vocabulary vocabulary = ReadVocabulary(vocabularyBytes, source.Describe(VocabularyFile));
        bool qwen = named.Name == "Qwen2Tokenizer" || (side.TokenizerClass is null && side.ModelType is { } type && (type.StartsWith("qwen2", StringComparison.Ordinal) || type.StartsWith("qwen3", StringComparison.Ordinal)));
        TokenizerClass kind = named.Name.Length > 0 ? named : qwen ? TokenizerClass.Named("Qwen2Tokenizer") : named with { Name = "GPT2Tokenizer" };
        List<(string Left, string Right)> merges = ReadMerges(mergesBytes, source.Describe(MergesFile), vocabulary, qwen);
        return Assemble(vocabulary, merges, side, kind, [new(VocabularyFile, vocabularyBytes), new(MergesFile, mergesBytes)]);
    }

    /// <summary>Puts the parts together.</summary>
    internal static CheckpointParts Assemble(Vocabulary vocabulary, List<(string Left, string Right)> merges, SideFiles side, TokenizerClass kind, IReadOnlyList<KeyValuePair<string, byte[]>> files)
    {
        bool qwen = kind.Name == "Qwen2Tokenizer";
        var table = new MergeTableBuilder(vocabulary, prefix: null, (_, problem) => new InvalidOperationException(problem));
        merges.ForEach(merge => table.Add(merge.Left, merge.Right));
        var model = new BpeModel(vocabulary, table.Build(), new BpeSettings());
        bool prefix = side.Flag("add_prefix_space") ?? false;
        var parts = new PipelineParts
        {
            Model = model,
            Normalizer = qwen ? new UnicodeFormNormalizer(NormalizationForm.FormC) : null,
            Cutter = qwen ? new SequenceCutter([Qwen2.Value, new ByteLevelCutter(prefix, null)]) : new ByteLevelCutter(prefix, CutterReader.Gpt2Words),
            Processor = new ByteLevelProcessor(trimmer: null),
            Decoder = new ByteLevelDecoder(),
            AddedTokens = ControlTokens(side, vocabulary, merges),
        };
        bool begins = side.Flag("add_bos_token") ?? false;
        bool ends = side.Flag("add_eos_token") ?? false;
        return new CheckpointParts
        {
            Parts = parts,
            Class = kind,
            MainFiles = files,
            JoinsPairsByEnd = !kind.IsRoberta,
            SavedFlags = new Dictionary<string, bool> { ["add_prefix_space"] = prefix, ["add_bos_token"] = begins, ["add_eos_token"] = ends },
            Frame = (framed, added) => kind.IsRoberta ? framed with { Processor = Roberta(framed, added, side, kind) }
                : begins || ends ? framed with { Processor = ClassRules.FrameOf(side, kind, framed, added, begins, ends, typed: false) }
                : framed,
        };
    }

    private static RobertaProcessor Roberta(PipelineParts parts, AddedVocabulary added, SideFiles side, TokenizerClass kind)
    {
        return new RobertaProcessor(Token("sep_token"), Token("cls_token"), ClassRules.Trimmer(side, parts.Model));

        (string Text, int Id) Token(string role)
        {
            string text = side.Role(role)?.Content ?? kind.Defaults[role];
            return (text, added.IdOf(text) ?? throw new ModelFileException(VocabularyFile, $"The vocabulary lacks the {role} \"{Printable.Name(text)}\", which frames each text. Fetch the file again from where the model came from."));
        }
    }

    /// <summary>
    /// A beginning or end token that only config.json names by its number is looked for in the text if no merge makes it and it is no byte:
    /// then it is a control token, and not a wrong number that happens to hit a word.
    /// </summary>
    private static List<AddedToken> ControlTokens(SideFiles side, Vocabulary vocabulary, List<(string Left, string Right)> merges)
    {
        var tokens = new List<AddedToken>();
        foreach ((string role, string name) in (ReadOnlySpan<(string, string)>)[("bos_token", "bos_token_id"), ("eos_token", "eos_token_id")])
        {
            string? content = side.States(role) || side.ModelId(name) is not { } id ? null : vocabulary.PieceOf(id);
            bool isByte = content is { Length: 1 } && ByteSymbols.IsSymbol(content[0]);
            if (content is not null && !isByte && !merges.Exists(m => m.Left.Length + m.Right.Length == content.Length && m.Left + m.Right == content))
            {
                tokens.Add(new AddedToken(content));
            }
        }

        return tokens;
    }

    /// <summary>Pieces with their ids: an object of <c>"piece": id</c>, each id once.</summary>
    private static Vocabulary ReadVocabulary(byte[] bytes, string file)
    {
        var field = JsonField.Parse(bytes, file);
        Vocabulary pieces = LongListReader.Pieces(field);
        if (pieces.FindSharedId() is { } shared)
        {
            throw field.Fail($"the id of the piece \"{Printable.Name(shared.Second)}\" is also that of the piece \"{Printable.Name(shared.First)}\"");
        }

        return pieces.Count > 0 ? pieces : throw field.Fail("the vocabulary has no pieces");
    }

    /// <summary>The lines of merges.txt: two pieces with a blank between them.</summary>
    /// <remarks>As transformers 4 reads them: of GPT-2's kin the first line counts for nothing, be it a version or a merge, nor does what follows the last line break; of Qwen's kin a first line <c>#version</c> and empty lines are passed over.</remarks>
    private static List<(string Left, string Right)> ReadMerges(byte[] bytes, string file, Vocabulary vocabulary, bool qwen)
    {
        string[] lines = Encoding.UTF8.GetString(bytes).TrimStart('\ufeff').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        var merges = new List<(string Left, string Right)>();
        var seen = new HashSet<(string, string)>();
        for (int number = 1; number <= lines.Length; number++)
        {
            string line = lines[number - 1].Trim();
            bool passed = qwen ? line.Length == 0 || (number == 1 && line.StartsWith("#version:", StringComparison.Ordinal)) : number == 1 || number == lines.Length;
            if (passed)
            {
                continue;
            }

            string[] sides = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            string? problem = sides.Length != 2 ? $"\"{Printable.Name(line)}\" must be two pieces with one blank between them."
                : !seen.Add((sides[0], sides[1])) ? $"The merge of \"{Printable.Name(sides[0])}\" and \"{Printable.Name(sides[1])}\" is there twice."
                : new[] { sides[0], sides[1], sides[0] + sides[1] }.FirstOrDefault(piece => vocabulary.IdOf(piece) is null) is { } lacking
                    ? $"The merge of \"{Printable.Name(sides[0])}\" and \"{Printable.Name(sides[1])}\" needs the piece \"{Printable.Name(lacking)}\", which the vocabulary lacks."
                : null;
            if (problem is not null)
            {
                throw new ModelFileException(file, $"Line {number}: {problem} Fetch merges.txt and vocab.json again, both from the same model.");
            }

            merges.Add((sides[0], sides[1]));
        }

        return merges;
    }
}

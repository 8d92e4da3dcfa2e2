namespace MLNet.Dispersion.Text;

/// <summary>Loads a sentence-piece tokenizer from tokenizer.model as transformers converts it, or from a list of scored pieces in tokenizer_pieces.json.</summary>
internal static class SentencePieceLoader
{
    internal const string File = "tokenizer.model";
    internal const string ListFile = "tokenizer_pieces.json";
    private const string Sign = "\u2581";
    private const string Cure = "Put the model's tokenizer.json beside it: that is read first.";
    private const int Unigram = 1;
    private const int BytePairEncoding = 2;
    private const int DefaultExtraIds = 100;

    /// <summary>From tokenizer.model.</summary>
    internal static CheckpointParts Load(FileSource source, SideFiles side, TokenizerClass kind)
    {
        string file = source.Describe(File);
        byte[] bytes = source.ReadAllBytes(File);
        SentencePieceProto proto = Parse(bytes, file);
        bool isT5 = kind.Name == "T5Tokenizer";
        string? problem = SentencePieceScores.FindProblem(proto.Pieces, proto.UnknownId, proto.ByteFallback) ?? proto switch
        {
            { ModelType: BytePairEncoding, HasCharacterMap: true } or { ModelType: BytePairEncoding, RemoveExtraWhitespaces: true } => "it rewrites its text by a character map or removes spaces, which is not supported with BPE",
            { ModelType: BytePairEncoding } => null,
            { ModelType: Unigram } when isT5 => null,
            { ModelType: Unigram } => "its kind is 1 (unigram), of which only BPE (2) and T5's form (tokenizer_class T5Tokenizer) are supported",
            _ => $"its kind is {proto.ModelType}, and only BPE (2) and T5's unigram (1) are supported",
        };
        if (problem is not null)
        {
            throw new ModelFileException(file, $"This sentence-piece file cannot be used: {problem}. {Cure}");
        }

        return proto.ModelType == Unigram ? T5(proto, bytes, file, side, kind) : Llama(proto, bytes, side, kind, addsBegin: null);
    }

    /// <summary>From a list of scored pieces, as exported from llama2.c's tokenizer files.</summary>
    internal static CheckpointParts LoadList(FileSource source, SideFiles side)
    {
        JsonField root = JsonField.Read(source, ListFile);
        int unknown = root.Get("unk_id").AsTokenId();
        int bos = root.Get("bos_id").AsTokenId();
        int eos = root.Get("eos_id").AsTokenId();
        SentencePiece[] pieces = SentencePieceList.Read(root.Get("pieces"), unknown);
        string? problem = SentencePieceScores.FindProblem(pieces, unknown, byteFallback: false)
            ?? (Math.Max(bos, eos) >= pieces.Length ? $"there is no piece {Math.Max(bos, eos)} to begin or end with" : null);
        if (problem is not null)
        {
            throw root.Get("pieces").Fail(problem);
        }

        var proto = new SentencePieceProto
        {
            Pieces = pieces,
            ByteFallback = pieces.Any(p => p.Kind == SentencePieceKind.Byte),
            UnknownId = unknown,
            BosId = bos,
            EosId = eos,
            AddDummyPrefix = root.Find("add_dummy_prefix")?.AsBoolean() ?? true,
            RemoveExtraWhitespaces = false,
        };
        return Llama(proto, proto.ToBytes(), side, TokenizerClass.Named("LlamaTokenizer"), root.Find("add_bos")?.AsBoolean() ?? true);
    }

    private static SentencePieceProto Parse(byte[] bytes, string file)
    {
        try
        {
            return SentencePieceProto.Parse(bytes);
        }
        catch (FormatException e)
        {
            throw new ModelFileException(file, WrongFile.Explain(bytes) ?? $"This is no sentence-piece file: {e.Message}. {Cure}", innerException: e);
        }
    }

    private static CheckpointParts Llama(SentencePieceProto proto, byte[] bytes, SideFiles side, TokenizerClass named, bool? addsBegin)
    {
        // The file itself says which of its pieces begin and end a text.
        var roles = new Dictionary<string, string>(named.Defaults) { ["unk_token"] = proto.Pieces[proto.UnknownId].Text };
        SetRole(roles, "bos_token", proto, proto.BosId);
        SetRole(roles, "eos_token", proto, proto.EosId);
        TokenizerClass kind = named with { Name = named.Name.Length > 0 ? named.Name : "LlamaTokenizer", Defaults = roles };
        var vocabulary = Vocabulary.Of(proto.Pieces.Select((piece, id) => (piece.Text, id)));
        bool legacy = side.Flag("legacy") ?? true;
        bool begins = side.Flag("add_bos_token") ?? addsBegin ?? true;
        bool ends = side.Flag("add_eos_token") ?? false;
        var parts = new PipelineParts
        {
            Model = new BpeModel(vocabulary, SentencePieceScores.Merges(proto.Pieces, vocabulary), new BpeSettings { Unknown = proto.Pieces[proto.UnknownId].Text, FuseUnknown = true, ByteFallback = proto.ByteFallback }),
            Normalizer = legacy || !proto.AddDummyPrefix ? Legacy(proto.AddDummyPrefix) : null,
            Cutter = legacy || !proto.AddDummyPrefix ? null : new MetaspaceCutter(Sign, PrependScheme.First, split: false),
            Decoder = new SequenceDecoder([
                new ReplaceDecoder(TextPattern.Literal(Sign), " "), new ByteFallbackDecoder(), new FuseDecoder(),
                .. proto.AddDummyPrefix ? new TokenDecoder[] { new StripDecoder(" ", 1, 0) } : []]),
            AddedTokens = [.. proto.Pieces.Where(p => p.Kind is SentencePieceKind.Control or SentencePieceKind.Unknown).Select(p => new AddedToken(p.Text)), .. UserDefined(proto)],
        };
        return new CheckpointParts
        {
            Parts = parts,
            Class = kind,
            MainFiles = [new(File, bytes)],
            HidesSpecialTokens = true,
            JoinsPairsByEnd = true,
            SavedFlags = new Dictionary<string, bool> { ["add_bos_token"] = begins, ["add_eos_token"] = ends, ["legacy"] = legacy },
            Frame = (framed, added) => framed with { Processor = ClassRules.FrameOf(side, kind, framed, added, begins, ends, typed: true) },
        };
    }

    private static CheckpointParts T5(SentencePieceProto proto, byte[] bytes, string file, SideFiles side, TokenizerClass kind)
    {
        int extra = side.Length("extra_ids") ?? DefaultExtraIds;
        if (extra > 10_000)
        {
            throw new ModelFileException(file, $"extra_ids of tokenizer_config.json is {extra}, more than 10000. Correct it.");
        }

        (string Text, double Score)[] pieces = [.. proto.Pieces.Select(p => (p.Text, (double)p.Score)), .. Enumerable.Range(0, extra).Select(i => ($"<extra_id_{extra - 1 - i}>", 0.0))];
        PrependScheme scheme = !proto.AddDummyPrefix ? PrependScheme.Never : side.Flag("legacy") ?? true ? PrependScheme.Always : PrependScheme.First;
        var spaces = new SequenceNormalizer([new StripNormalizer(left: false, right: true), new ReplaceNormalizer(TextPattern.Parse(" {2,}"), Sign)]);
        var parts = new PipelineParts
        {
            Model = new UnigramModel(Vocabulary.Of(pieces.Select((piece, id) => (piece.Text, id))), [.. pieces.Select(piece => piece.Score)], proto.UnknownId, byteFallback: false),
            Normalizer = proto.HasCharacterMap ? new SequenceNormalizer([CharacterMap(proto, file), spaces]) : spaces,
            Cutter = new MetaspaceCutter(Sign, scheme, split: true),
            Decoder = new MetaspaceDecoder(Sign, scheme != PrependScheme.Never),
            AddedTokens = [.. Enumerable.Range(0, extra).Select(i => new AddedToken($"<extra_id_{i}>"))],
        };
        return new CheckpointParts
        {
            Parts = parts,
            Class = kind,
            MainFiles = [new(File, bytes)],
            Frame = (framed, added) => ClassRules.RoleOf("eos_token", side, kind, framed) is { } end && added.IdOf(end.Content) is { } id
                ? framed with { Processor = EndOfEach(id, end.Content) }
                : framed,
        };
    }

    private static TemplateProcessor EndOfEach(int id, string text)
    {
        var a = new TemplatePart(0, 0, "A");
        var b = new TemplatePart(1, 0, "B");
        var end = new TemplatePart(-1, 0, text);
        return new TemplateProcessor([a, end], [a, end, b, end], new Dictionary<string, (int Id, string Text)[]> { [text] = [(id, text)] });
    }

    private static PrecompiledNormalizer CharacterMap(SentencePieceProto proto, string file)
    {
        try
        {
            return PrecompiledNormalizer.Parse(proto.CharacterMap.Span);
        }
        catch (FormatException e)
        {
            throw new ModelFileException(file, $"This sentence-piece file cannot be used: {e.Message}. {Cure}", innerException: e);
        }
    }

    private static SequenceNormalizer Legacy(bool prepends)
    {
        var replace = new ReplaceNormalizer(TextPattern.Literal(" "), Sign);
        return new SequenceNormalizer(prepends ? [new PrependNormalizer(Sign), replace] : [replace]);
    }

    private static void SetRole(Dictionary<string, string> roles, string role, SentencePieceProto proto, int id)
    {
        if ((uint)id < (uint)proto.Pieces.Count)
        {
            roles[role] = proto.Pieces[id].Text;
        }
        else
        {
            roles.Remove(role);
        }
    }

    private static IEnumerable<AddedToken> UserDefined(SentencePieceProto proto) => proto.Pieces
        .Where(p => p.Kind == SentencePieceKind.UserDefined)
        .Select(p => new AddedToken(p.Text) { Special = false });
}

using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>Finds out which kind of tokenizer a checkpoint holds and loads it.</summary>
internal static class TokenizerFiles
{
    /// <summary>How files are called that hold a tokenizer in forms that are not read: sentence pieces of other classes, Mistral's, Qwen's, llama.cpp's.</summary>
    private static readonly string[] OtherForms = ["spiece.model", ".bpe.model", "tekken.json", ".tiktoken", ".gguf"];

    /// <summary>Whether any file is there that belongs to a tokenizer, complete or not.</summary>
    internal static bool Any(FileSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new[] { PipelineReader.File, VocabMergesLoader.VocabularyFile, VocabMergesLoader.MergesFile, SentencePieceLoader.File, SentencePieceLoader.ListFile, WordPieceLoader.File }.Any(source.Contains);
    }

    internal static TokenizerSetup Load(FileSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var side = new SideFiles(source);
        CheckpointParts checkpoint = Read(source, side);
        return Create(checkpoint, side, source);
    }

    /// <summary>A tokenizer that was learned here, in GPT-2's form; the last special token begins and ends texts.</summary>
    internal static TokenizerSetup CreateTrained(Vocabulary vocabulary, List<(string Left, string Right)> merges, IReadOnlyList<string> specialTokens)
    {
        IReadOnlyList<KeyValuePair<string, byte[]>> main = VocabMergesWriter.Write(vocabulary, merges);
        var side = new SideFiles(new FilesInMemory([]));
        CheckpointParts checkpoint = VocabMergesLoader.Assemble(vocabulary, merges, side, TokenizerClass.Named("GPT2Tokenizer"), main);
        var added = new AddedVocabulary(checkpoint.Parts.Model, null, specialTokens.Select(token => new AddedToken(token)));
        int? end = specialTokens.Count > 0 ? added.IdOf(specialTokens[^1]) : null;
        JsonObject config = new() { ["tokenizer_class"] = "GPT2Tokenizer" };
        foreach ((string flag, bool value) in checkpoint.SavedFlags)
        {
            config[flag] = value;
        }

        TokenizerConfigWriter.SetTokens(config, added, _ => null, end, end);
        return new TokenizerSetup
        {
            Pipeline = new TokenPipeline(checkpoint.Parts.Model, null, checkpoint.Parts.Cutter, checkpoint.Parts.Processor, checkpoint.Parts.Decoder, added),
            BosTokenId = end,
            EosTokenId = end,
            JoinsPairsByEnd = true,
            Files = new TokenizerFileSet(new Lazy<IReadOnlyList<KeyValuePair<string, byte[]>>>(
            [
                .. main,
                new(SideFiles.ConfigFile, TokenizerConfigWriter.Bytes(config)),
                new(SideFiles.MapFile, TokenizerConfigWriter.Bytes(TokenizerConfigWriter.SpecialTokensMap(config, []))),
            ])),
        };
    }

    private static CheckpointParts Read(FileSource source, SideFiles side)
    {
        TokenizerClass kind = TokenizerClass.Of(side);
        if (source.Contains(PipelineReader.File))
        {
            return ReadJson(source, side, kind);
        }

        bool vocabulary = source.Contains(VocabMergesLoader.VocabularyFile);
        bool merges = source.Contains(VocabMergesLoader.MergesFile);
        if (vocabulary && merges)
        {
            return VocabMergesLoader.Load(source, side, kind);
        }

        if (source.Contains(SentencePieceLoader.File))
        {
            return SentencePieceLoader.Load(source, side, kind);
        }

        if (source.Contains(SentencePieceLoader.ListFile))
        {
            return SentencePieceLoader.LoadList(source, side);
        }

        if (source.Contains(WordPieceLoader.File))
        {
            return WordPieceLoader.Load(source, side, kind);
        }

        throw new ModelFileException(source.Name, vocabulary || merges
            ? $"Only one of {VocabMergesLoader.VocabularyFile} and {VocabMergesLoader.MergesFile} is there. Put both beside config.json, from the same model."
            : WhyNone(source));
    }

    private static string WhyNone(FileSource source)
    {
        if (source is DirectorySource && !Directory.Exists(source.Name))
        {
            return File.Exists(source.Name) ? "This is a file. Name the directory in which it lies." : "There is no such directory. Name the one that holds the model's tokenizer.json.";
        }

        const string Cure = "Put tokenizer.json, or vocab.json and merges.txt, or tokenizer.model, or (BERT) vocab.txt beside config.json.";
        string? other = source.FileNames().Order(StringComparer.Ordinal).FirstOrDefault(name => OtherForms.Any(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase)));
        return other is null ? $"No tokenizer files. {Cure}" : $"No tokenizer files but {Printable.Name(other)}, a form that is not read here. {Cure}";
    }

    private static CheckpointParts ReadJson(FileSource source, SideFiles side, TokenizerClass kind)
    {
        byte[] bytes = source.ReadAllBytes(PipelineReader.File);
        var root = JsonField.Parse(bytes, source.Describe(PipelineReader.File));
        PipelineParts parts = PipelineReader.ReadParts(root);
        bool alone = ClassRules.FileAlone(side, kind, root);
        return new CheckpointParts
        {
            Parts = alone || (side.TokenizerClass is null && side.ModelType is null) ? parts : ClassRules.Apply(parts, side, kind, root),
            Class = kind,
            MainFiles = new KeyValuePair<string, byte[]>[] { new(PipelineReader.File, bytes) },
            HidesSpecialTokens = root.Get("model").Find("byte_fallback") is { Kind: System.Text.Json.JsonValueKind.True },
            FileAlone = alone,
            FileTokens = new HashSet<string>(parts.AddedTokens.Select(t => t.Content), StringComparer.Ordinal),
            Frame = alone ? null : (framed, added) => ClassRules.Frame(framed, added, side, kind),
        };
    }

    private static TokenizerSetup Create(CheckpointParts checkpoint, SideFiles side, FileSource source)
    {
        RefuseUnreadableRoles(side);
        PipelineParts parts = checkpoint.FileAlone ? checkpoint.Parts : ClassRules.AddTokens(checkpoint.Parts, side, checkpoint.Class, checkpoint.FileTokens);
        var added = new AddedVocabulary(parts.Model, parts.Normalizer, parts.AddedTokens);
        parts = checkpoint.Frame?.Invoke(parts, added) ?? parts;
        var setup = new TokenizerSetup
        {
            Pipeline = new TokenPipeline(parts.Model, parts.Normalizer, parts.Cutter, parts.Processor, parts.Decoder, added) { Truncation = parts.Truncation, Padding = parts.Padding },
            BosTokenId = Id("bos_token", "bos_token_id", "cls_token"),
            EosTokenId = Id("eos_token", "eos_token_id", "sep_token"),
            PadTokenId = Id("pad_token", null, null),
            ModelMaxLength = side.Length("model_max_length"),
            TruncationSide = side.Side("truncation_side") ?? TextSide.Right,
            PaddingSide = side.Side("padding_side") ?? (checkpoint.Class.PadsLeft ? TextSide.Left : TextSide.Right),
            CleansUp = side.Flag("clean_up_tokenization_spaces") ?? checkpoint.CleansUp,
            SpecialTokensAsText = side.Flag("split_special_tokens") ?? false,
            HidesSpecialTokens = checkpoint.HidesSpecialTokens,
            JoinsPairsByEnd = checkpoint.JoinsPairsByEnd,
        };
        return setup with { Files = Files(checkpoint, side, source, setup) };

        int? Id(string role, string? modelName, string? bertRole)
        {
            if (side.States(role))
            {
                return side.Role(role) is not { } token ? null : added.IdOf(token.Content)
                    ?? throw side.Stated(role)!.Value.Fail($"the {role} \"{Printable.Name(token.Content)}\" is neither in the vocabulary nor among the added tokens");
            }

            int? stated = modelName is null ? null : side.ModelId(modelName);
            if (stated is { } id && added.TextOf(id) is not null)
            {
                return id;
            }

            SideToken? own = ClassRules.RoleOf(role, side, checkpoint.Class, parts)
                ?? (bertRole is not null && parts.Model is LongestPieceModel ? ClassRules.RoleOf(bertRole, side, checkpoint.Class, parts) : null);
            return own is null ? null : added.IdOf(own.Content);
        }
    }

    /// <summary>A token of tokenizer_config.json is a text, or an object that says it is an added token; transformers refuses any other.</summary>
    private static void RefuseUnreadableRoles(SideFiles side)
    {
        foreach (string role in SideFiles.Roles)
        {
            if (side.Configured(role) is { IsObject: true } token && token.Find("__type") is null)
            {
                throw token.Fail("a token must be a text, or an object whose \"__type\" is \"AddedToken\"");
            }
        }
    }

    /// <summary>The files that load equal: the main files as they are, and the configuration with all tokens in it.</summary>
    private static TokenizerFileSet Files(CheckpointParts checkpoint, SideFiles side, FileSource source, TokenizerSetup setup)
    {
        // What is read is read now, what is written is made when it is written.
        JsonField? configFile = TokenizerConfigWriter.Original(source, SideFiles.ConfigFile);
        JsonField? mapFile = TokenizerConfigWriter.Original(source, SideFiles.MapFile);
        return new TokenizerFileSet(new Lazy<IReadOnlyList<KeyValuePair<string, byte[]>>>(() =>
        {
            JsonObject config = configFile?.ToObject() ?? [];
            JsonObject map = mapFile?.ToObject() ?? [];
            if (checkpoint.Class.Name.Length > 0 && config["tokenizer_class"] is null)
            {
                config["tokenizer_class"] = checkpoint.Class.Name;
            }

            foreach ((string flag, bool value) in checkpoint.SavedFlags)
            {
                config[flag] = value;
            }

            if (!checkpoint.FileAlone)
            {
                TokenizerConfigWriter.SetTokens(config, setup.Pipeline.Added, role => side.States(role) ? side.Role(role)?.Content : null, setup.BosTokenId, setup.EosTokenId);
            }

            return
            [
                .. checkpoint.MainFiles,
                new(SideFiles.ConfigFile, TokenizerConfigWriter.Bytes(config)),
                new(SideFiles.MapFile, TokenizerConfigWriter.Bytes(TokenizerConfigWriter.SpecialTokensMap(config, map))),
            ];
        }));
    }
}

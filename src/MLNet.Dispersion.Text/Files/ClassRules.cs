namespace MLNet.Dispersion.Text;

/// <summary>Changes the parts of a pipeline as transformers 4 does for a class of tokenizers and what tokenizer_config.json says.</summary>
internal static class ClassRules
{
    /// <summary>Whether transformers 4 cannot load the checkpoint, though later versions can: then the tokenizer.json counts by itself.</summary>
    internal static bool FileAlone(SideFiles side, TokenizerClass kind, JsonField root) =>
        (kind.IsBert && root.Find("normalizer") is null)
        || (kind.FramesByFlags && kind.PadsLeft && side.Has("add_prefix_space") && kind.Name != "GemmaTokenizer")
        || side.HasListOfExtraTokens;

    /// <summary>The parts of a tokenizer.json as the class has them.</summary>
    internal static PipelineParts Apply(PipelineParts parts, SideFiles side, TokenizerClass kind, JsonField root)
    {
        PipelineParts result = parts;
        if (root.Component("pre_tokenizer") is { } cutter && JsonReading.TypeOf(cutter) == "ByteLevel")
        {
            result = result with { Cutter = new ByteLevelCutter(side.Flag("add_prefix_space") ?? false, cutter.FlagOr("use_regex", true) ? CutterReader.Gpt2Words : null) };
        }

        if (kind.IsBert && root.Component("normalizer") is { } normalizer && JsonReading.TypeOf(normalizer) == "BertNormalizer")
        {
            bool chinese = kind.StripsBeforeMask ? normalizer.Flag("handle_chinese_chars") : side.Flag("tokenize_chinese_chars") ?? true;
            result = result with { Normalizer = BertNormalizer.Create(normalizer.Flag("clean_text"), chinese, side.Flag("strip_accents"), side.Flag("do_lower_case") ?? true) };
        }

        if (kind.IsRoberta && root.Component("post_processor") is { } processor && JsonReading.TypeOf(processor) == "RobertaProcessing")
        {
            result = result with
            {
                Processor = new RobertaProcessor(processor.TokenPair("sep"), processor.TokenPair("cls"), Trimmer(side, parts.Model)),
            };
        }

        return result;
    }

    /// <summary>What trims offsets as RoBERTa's switches say.</summary>
    internal static OffsetTrimmer? Trimmer(SideFiles side, TokenModel model) =>
        side.Flag("trim_offsets") ?? true ? new OffsetTrimmer(side.Flag("add_prefix_space") ?? false, model.PieceOf) : null;

    /// <summary>The tokens that are added to a file's own: those that are defined, then those that have a role or are called special.</summary>
    /// <param name="parts">The parts, with the file's own tokens.</param>
    /// <param name="side">The side files.</param>
    /// <param name="kind">The class.</param>
    /// <param name="fileTokens">The texts of the tokens that the file's own table defines.</param>
    internal static PipelineParts AddTokens(PipelineParts parts, SideFiles side, TokenizerClass kind, IReadOnlyCollection<string> fileTokens)
    {
        var tokens = new List<AddedToken>(parts.AddedTokens);
        var texts = new HashSet<string>(StringComparer.Ordinal);
        foreach (AddedToken token in tokens)
        {
            texts.Add(token.Content);
        }

        SideToken?[] roles = new SideToken?[SideFiles.Roles.Count];
        var special = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < roles.Length; i++)
        {
            roles[i] = RoleOf(SideFiles.Roles[i], side, kind, parts);
            if (roles[i] is { } role)
            {
                special.Add(role.Content);
            }
        }

        IReadOnlyList<SideToken> additional = side.Additional();
        foreach (SideToken token in additional)
        {
            special.Add(token.Content);
        }

        IReadOnlyList<SideToken> definitions = side.Definitions();
        var defined = new HashSet<string>(StringComparer.Ordinal);
        foreach (SideToken token in definitions)
        {
            defined.Add(token.Content);
            tokens.Add(token.ToAdded(special.Contains(token.Content)));
            texts.Add(token.Content);
        }

        for (int i = 0; i < roles.Length; i++)
        {
            if (roles[i] is not { } token)
            {
                continue;
            }

            // A text alone means the token that is defined, where one is.
            string role = SideFiles.Roles[i];
            bool known = defined.Contains(token.Content) || (!side.HasDefinitions && fileTokens.Contains(token.Content));
            bool strips = role == "mask_token" && kind.StripsBeforeMask && !token.IsDefinition && !(side.States(role) && known);
            if (strips)
            {
                tokens.Add(new AddedToken(token.Content) { LeftStrip = true });
            }
            else if (token.IsDefinition && !known)
            {
                tokens.Add(token.ToAdded(special: true));
            }
            else if (texts.Add(token.Content))
            {
                tokens.Add(token.ToAdded(special: true));
            }

            texts.Add(token.Content);
        }

        foreach (SideToken token in additional)
        {
            if (token.IsDefinition || texts.Add(token.Content))
            {
                tokens.Add(token.ToAdded(special: true));
            }
        }

        return parts with { AddedTokens = tokens };
    }

    /// <summary>The token of a role as the files say, or the class; null where neither does. A class's token that the vocabulary lacks is none.</summary>
    internal static SideToken? RoleOf(string role, SideFiles side, TokenizerClass kind, PipelineParts parts)
    {
        if (side.States(role))
        {
            return side.Role(role);
        }

        return kind.Defaults.TryGetValue(role, out string? text) && (parts.Model.IdOf(text) is not null || parts.AddedTokens.Any(t => t.Content == text)) ? new SideToken(text) : null;
    }

    /// <summary>The frame of a class that frames texts by add_bos_token and add_eos_token; unchanged for others.</summary>
    internal static PipelineParts Frame(PipelineParts parts, AddedVocabulary added, SideFiles side, TokenizerClass kind)
    {
        if (!kind.FramesByFlags)
        {
            return parts;
        }

        return parts with { Processor = FrameOf(side, kind, parts, added, side.Flag("add_bos_token") ?? kind.BeginsByDefault, side.Flag("add_eos_token") ?? false, typed: true) };
    }

    /// <summary>A template of a beginning and an end token.</summary>
    internal static TemplateProcessor FrameOf(SideFiles side, TokenizerClass kind, PipelineParts parts, AddedVocabulary added, bool begins, bool ends, bool typed)
    {
        var tokens = new Dictionary<string, (int Id, string Text)[]>(StringComparer.Ordinal);
        TemplatePart? bos = begins ? Part("bos_token") : null;
        TemplatePart? eos = ends ? Part("eos_token") : null;
        TemplatePart?[] single = [bos, new TemplatePart(0, 0, "A"), eos];
        TemplatePart?[] pair = typed
            ? [.. single, Second(bos), new TemplatePart(1, 1, "B"), Second(eos)]
            : [bos, new TemplatePart(0, 0, "A"), new TemplatePart(1, 1, "B"), eos];
        return new TemplateProcessor([.. single.OfType<TemplatePart>()], [.. pair.OfType<TemplatePart>()], tokens);

        static TemplatePart? Second(TemplatePart? part) => part is { } known ? known with { TypeId = 1 } : null;

        TemplatePart? Part(string role)
        {
            if (RoleOf(role, side, kind, parts) is not { } token || added.IdOf(token.Content) is not { } id)
            {
                return null;
            }

            tokens[token.Content] = [(id, token.Content)];
            return new TemplatePart(-1, 0, token.Content);
        }
    }
}

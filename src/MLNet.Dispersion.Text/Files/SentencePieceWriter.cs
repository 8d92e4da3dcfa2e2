using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Text;

/// <summary>Writes a sentence-piece tokenizer in the Hugging Face form: tokenizer.model and the files beside it.</summary>
internal static class SentencePieceWriter
{
    /// <summary>The tokenizer.model of a tokenizer.</summary>
    internal static byte[] File(SentencePieceModel model, IReadOnlyList<SentencePiece> pieces) => new SentencePieceProto
    {
        Pieces = pieces,
        ByteFallback = model.ByteFallback,
        UnknownId = model.UnknownId,
        BosId = model.BosTokenId ?? -1,
        EosId = model.EosTokenId ?? -1,
        AddDummyPrefix = model.Prefix != BlankPrefix.None,
    }.ToBytes();

    /// <summary>The files of a tokenizer.</summary>
    /// <param name="model">The tokenizer.</param>
    /// <param name="file">Its tokenizer.model.</param>
    /// <param name="source">Where it came from: what its tokenizer_config.json says besides is kept.</param>
    internal static TokenizerFileSet Write(SentencePieceModel model, byte[] file, FileSource source)
    {
        JsonObject config = TokenizerConfigWriter.Original(source, TokenizerSideFiles.ConfigFile);
        config["tokenizer_class"] ??= "LlamaTokenizer";
        config["add_bos_token"] = model.Before.Count > 0;
        config["add_eos_token"] = model.After.Count > 0;
        config["legacy"] = model.Prefix != BlankPrefix.First;
        IReadOnlyList<AddedToken> special = [.. model.AddedTokens.Where(t => !model.Pieces.TryGetValue(t.Id, out SentencePiece piece) || piece.Kind != SentencePieceKind.UserDefined)];
        TokenizerConfigWriter.SetTokens(config, special, id => ContentOf(model, id), model.BosTokenId, model.EosTokenId);
        config["unk_token"] ??= model.Pieces[model.UnknownId].Text;
        return new TokenizerFileSet(
        [
            new(SentencePieceFileLoader.File, file),
            new(TokenizerSideFiles.ConfigFile, TokenizerConfigWriter.Bytes(config)),
            new(TokenizerSideFiles.MapFile, TokenizerConfigWriter.Bytes(TokenizerConfigWriter.SpecialTokensMap(config, source))),
        ]);
    }

    private static string ContentOf(SentencePieceModel model, int id) =>
        model.AddedTokens.FirstOrDefault(t => t.Id == id)?.Content ?? model.Pieces[id].Text;
}

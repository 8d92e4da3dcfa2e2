namespace MLNet.Dispersion.Text;

/// <summary>Finds out which kind of tokenizer a checkpoint holds.</summary>
internal static class TokenizerFiles
{
    /// <summary>Whether any file is there that belongs to a tokenizer, complete or not.</summary>
    internal static bool Any(FileSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new[] { TokenizerJsonLoader.File, VocabMergesLoader.VocabularyFile, VocabMergesLoader.MergesFile, SentencePieceFileLoader.File, SentencePieceListLoader.File, WordPieceModel.VocabularyFileName }.Any(source.Contains);
    }

    internal static TokenizerModel Load(FileSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Contains(TokenizerJsonLoader.File))
        {
            return TokenizerJsonLoader.Load(source);
        }

        bool vocabulary = source.Contains(VocabMergesLoader.VocabularyFile);
        bool merges = source.Contains(VocabMergesLoader.MergesFile);
        if (vocabulary && merges)
        {
            return VocabMergesLoader.Load(source);
        }

        if (source.Contains(SentencePieceFileLoader.File))
        {
            return SentencePieceFileLoader.Load(source);
        }

        if (source.Contains(SentencePieceListLoader.File))
        {
            return SentencePieceListLoader.Load(source);
        }

        if (source.Contains(WordPieceModel.VocabularyFileName))
        {
            return WordPieceLoader.LoadVocabulary(source);
        }

        throw new ModelFileException(source.Name, vocabulary || merges
            ? $"Only one of {VocabMergesLoader.VocabularyFile} and {VocabMergesLoader.MergesFile} is there. Put both beside config.json, from the same model."
            : "No tokenizer files. Put tokenizer.json, or vocab.json and merges.txt, or tokenizer.model, or (BERT) vocab.txt beside config.json.");
    }
}

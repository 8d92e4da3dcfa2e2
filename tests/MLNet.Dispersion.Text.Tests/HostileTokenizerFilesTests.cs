using System.Text;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Tokenization;

public class HostileTokenizerFilesTests
{
    [Theory]
    [InlineData("vocab.json", "", "is empty")]
    [InlineData("vocab.json", " \n", "is empty")]
    [InlineData("vocab.json", "{\n\"a\": 1,\n", "line 3")]
    [InlineData("vocab.json", "\0\0\0", "line 1")]
    [InlineData("vocab.json", "[1, 2]", "must be an object")]
    [InlineData("vocab.json", "{}", "no pieces")]
    [InlineData("vocab.json", "{\"a\": 1e999}", "1e999")]
    [InlineData("vocab.json", "{\"a\": 123456789012345678901234567890}", "1234567")]
    [InlineData("vocab.json", "{\"a\": 16777216}", "16777215")]
    [InlineData("vocab.json", "{\"a\": -1}", "-1")]
    [InlineData("vocab.json", "{\"a\": 1.5}", "1.5")]
    [InlineData("vocab.json", "{\"a\": \"1\"}", "whole number")]
    [InlineData("vocab.json", "{\"a\": null}", "whole number")]
    [InlineData("vocab.json", "{\"a\": 1, \"b\": 1}", "also that of the piece \"a\"")]
    [InlineData("vocab.json", "{\"a\": 1, \"a\": 2}", "twice")]
    [InlineData("vocab.json", "{\"\\ud800\": 1}", "Unicode")]
    [InlineData("merges.txt", "#version: 0.2\nt h\nt q\n", "Line 3")]
    [InlineData("merges.txt", "t h\nzz yy\n", "lacks")]
    [InlineData("merges.txt", "t h\nth\n", "Line 2")]
    [InlineData("merges.txt", "#\nt h e\n", "two pieces")]
    [InlineData("merges.txt", "#\n h\n", "two pieces")]
    [InlineData("merges.txt", "#\nt h\n\nt h\n", "Line 3")]
    [InlineData("merges.txt", "#\nt h\nt h\n", "Line 3")]
    [InlineData("tokenizer_config.json", "{\"bos_token\": {\"content\": \"!\"}}", "AddedToken")]
    [InlineData("tokenizer_config.json", "{\"padding_side\": \"up\"}", "left or right")]
    [InlineData("tokenizer_config.json", "{\"bos_token\": 7}", "must be a string")]
    [InlineData("tokenizer_config.json", "{\"add_bos_token\": \"yes\"}", "true or false")]
    [InlineData("tokenizer_config.json", "{\"added_tokens_decoder\": {\"x\": {\"content\": \"<x>\"}}}", "token id")]
    [InlineData("tokenizer_config.json", "{\"added_tokens_decoder\": {\"99999999999\": {\"content\": \"<x>\"}}}", "token id")]
    [InlineData("tokenizer_config.json", "{\"added_tokens_decoder\": []}", "must be an object")]
    [InlineData("tokenizer_config.json", "{\"additional_special_tokens\": [[1]]}", "must be a string")]
    [InlineData("tokenizer_config.json", "{\"x\": 1, \"x\": 2}", "twice")]
    [InlineData("tokenizer_config.json", "{\"\\ud800\": 1}", "Unicode")]
    [InlineData("tokenizer_config.json", "{\"x\": {\"\\ud800\": 1}}", "Unicode")]
    [InlineData("tokenizer_config.json", "{\"eos_token\": \"\\udc00\"}", "Unicode")]
    [InlineData("special_tokens_map.json", "{", "line 1")]
    [InlineData("added_tokens.json", "{\"<x>\": true}", "whole number")]
    [InlineData("config.json", "{\"eos_token_id\": \"x\"}", "whole number")]
    public void Load_DamagedFile_NamesFileAndCause(string file, string contents, string expected)
    {
        MemorySource files = SmallBpe.Files();
        files["special_tokens_map.json"] = "{}"u8.ToArray();
        files[file] = Encoding.UTF8.GetBytes(contents);

        var error = Assert.Throws<ModelFileException>(() => TextTokenizer.Load(files));

        Assert.Equal("memory/" + file, error.File);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spiece.model")]
    [InlineData("sentencepiece.bpe.model")]
    [InlineData("tekken.json")]
    [InlineData("qwen.tiktoken")]
    [InlineData("model.gguf")]
    public void Load_TokenizerOfAnotherForm_IsNamed(string file)
    {
        string folder = Directory.CreateTempSubdirectory("tokenizer-forms-").FullName;
        File.WriteAllText(Path.Combine(folder, file), "x");
        try
        {
            var error = Assert.Throws<ModelFileException>(() => TextTokenizer.Load(new DirectorySource(folder)));

            Assert.Contains($"No tokenizer files but {file}", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Load_WordPiecesWithoutATokenThatNoFileStates_IsNamed()
    {
        var error = Assert.Throws<ModelFileException>(() => TextTokenizer.Load(MemorySource.Of(("vocab.txt", "[UNK]\n[CLS]\na\n"), ("tokenizer_config.json", "{\"unk_token\": \"[UNK]\", \"cls_token\": \"[CLS]\"}"))));

        Assert.Equal("memory/vocab.txt", error.File);
        Assert.Contains("lacks [SEP]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoDirectory_SaysSo()
    {
        string file = Path.GetTempFileName();
        try
        {
            Assert.Contains("This is a file.", Assert.Throws<ModelFileException>(() => TextTokenizer.Load(new DirectorySource(file))).Message, StringComparison.Ordinal);
            Assert.Contains("no such directory", Assert.Throws<ModelFileException>(() => TextTokenizer.Load(new DirectorySource(file + "-"))).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(null, -1)]
    [InlineData(int.MaxValue, null)]
    [InlineData(null, int.MaxValue)]
    public void Tokenize_PaddingThatNoModelReads_IsRefusedBeforeMemoryIsTaken(int? length, int? multiple)
    {
        var options = new TextEncodingOptions { Padding = new TextPadding { Length = length, MultipleOf = multiple, TokenId = 0, Token = "!" } };

        Assert.Throws<TokenizationException>(() => SmallBpe.Load().Tokenize("the", options: options));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(2, -1)]
    public void Tokenize_TruncationBelowNothing_IsRefused(int length, int stride)
    {
        var options = new TextEncodingOptions { Truncation = new TextTruncation { MaxLength = length, Stride = stride } };

        Assert.Throws<TokenizationException>(() => SmallBpe.Load().Tokenize("the thing", options: options));
    }

    [Theory]
    [InlineData("pieces", "[]", "no piece 0")]
    [InlineData("pieces", "7", "must be a list")]
    [InlineData("pieces", """[{"id": 1, "piece": "a", "score": 0, "type": "normal"}]""", "order")]
    [InlineData("pieces", """[{"id": 0, "piece": "a", "score": 0, "type": "odd"}]""", "odd")]
    [InlineData("pieces", """[{"id": 0, "piece": "a", "score": 1e99, "type": "normal"}]""", "finite")]
    [InlineData("pieces", """[{"id": 0, "piece": "a", "score": 0, "type": "normal"}, {"id": 1, "piece": "a", "score": 0, "type": "normal"}]""", "the same")]
    [InlineData("pieces", """[{"id": 0, "piece": "", "score": 0, "type": "normal"}]""", "empty")]
    [InlineData("pieces", """[{"id": 0, "piece": "<0x00>", "score": 0, "type": "byte"}]""", "byte pieces")]
    [InlineData("bos_id", "100000", "no piece 100000")]
    [InlineData("eos_id", "-1", "-1")]
    [InlineData("unk_id", "5000", "5000")]
    public void Load_DamagedPieceList_NamesFileAndCause(string member, string value, string expected)
    {
        JsonObject list = SmallSentencePiece.List();
        list[member] = JsonNode.Parse(value);

        var error = Assert.Throws<ModelFileException>(() => TextTokenizer.Load(MemorySource.Of(("tokenizer_pieces.json", list.ToJsonString()))));

        Assert.Equal("memory/tokenizer_pieces.json", error.File);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SentencePieceFileOfOtherKinds_NamesTheAlternative()
    {
        byte[] bpe = SmallSentencePiece.Model();
        byte[] unigram = [.. bpe, .. new ProtoWriter().Message(2, new ProtoWriter().Varint(3, 1)).ToArray()];
        byte[] mapped = [.. bpe, .. new ProtoWriter().Message(3, new ProtoWriter().Bytes(2, [1, 2, 3])).ToArray()];
        byte[] tiktoken = "IQ== 0\nIg== 1\n"u8.ToArray();

        Assert.All([(unigram, "T5Tokenizer"), (mapped, "character map"), (tiktoken, "no sentence-piece file"), ([], "no pieces")], ((byte[] Bytes, string Expected) c) =>
        {
            var files = new MemorySource();
            files["tokenizer.model"] = c.Bytes;
            var error = Assert.Throws<ModelFileException>(() => TextTokenizer.Load(files));
            Assert.Contains(c.Expected, error.Message, StringComparison.Ordinal);
            Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Load_EveryTruncatedOrFlippedFile_WorksOrSaysWhatIsWrong()
    {
        var random = new Random(8);
        MemorySource[] sound = [SmallBpe.Files(), TokenizerJson.Files(TokenizerJson.ByteLevel()), .. new[] { "tokenizer.model", "tokenizer.json", "tokenizer_pieces.json" }.Select(SmallSentencePiece.Files)];
        int refused = 0;
        for (int round = 0; round < 400; round++)
        {
            MemorySource original = sound[round % sound.Length];
            var files = new MemorySource();
            foreach (string name in original.Files)
            {
                files[name] = [.. original[name]];
            }

            string victim = original.Files.ElementAt(random.Next(original.Files.Count()));
            files[victim] = Damage(files[victim], random);
            refused += WorksOrIsRefused(files) ? 0 : 1;
        }

        Assert.InRange(refused, 100, 399);
    }

    [Fact]
    public void Load_NoFilesOrHalfOfThem_SaysWhatToPutThere()
    {
        Assert.Contains("tokenizer.json", Assert.Throws<ModelFileException>(() => TextTokenizer.Load(new MemorySource())).Message, StringComparison.Ordinal);
        Assert.Contains("Only one of", Assert.Throws<ModelFileException>(() => TextTokenizer.Load(MemorySource.Of(("vocab.json", "{\"a\": 0}")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ByteOrderMarksAndCarriageReturns_AreHarmless()
    {
        MemorySource files = SmallBpe.Files();
        files["vocab.json"] = [0xEF, 0xBB, 0xBF, .. files["vocab.json"]];
        files["special_tokens_map.json"] = [0xEF, 0xBB, 0xBF, .. files["special_tokens_map.json"]];
        files["merges.txt"] = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(SmallBpe.MergesText().Replace("\n", "\r\n"))];

        TextTokenizer tokenizer = TextTokenizer.Load(files);

        Assert.Equal(SmallBpe.Load().Encode("the thing").Ids, tokenizer.Encode("the thing").Ids);
        Reloaded.AssertEqual(tokenizer);
    }

    [Fact]
    public void Load_MergesWithoutVersionLine_LosesTheFirstAsTransformersDoes()
    {
        MemorySource files = SmallBpe.Files();
        files["merges.txt"] = Encoding.UTF8.GetBytes(SmallBpe.MergesText()["#version: 0.2\n".Length..]);

        Assert.Equal(SmallBpe.Merges.Skip(1), ((ByteLevelBpeTokenizer)TextTokenizer.Load(files)).Merges);
    }

    [Fact]
    public void Load_IdsWithGaps_AreKept()
    {
        MemorySource files = SmallBpe.Files();
        files["vocab.json"] = Encoding.UTF8.GetBytes(SmallBpe.VocabularyJson().Replace(":269", ":5000"));
        TextTokenizer tokenizer = TextTokenizer.Load(files);

        Assert.Equal((5001, 5000), (tokenizer.VocabularySize, tokenizer.EosTokenId));
        Assert.Empty(tokenizer.Decode([4000]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([5001]));
        Reloaded.AssertEqual(tokenizer);
    }

    [Fact]
    public void Encode_VocabularyThatLacksBytes_LeavesThemOut()
    {
        MemorySource files = MemorySource.Of(("vocab.json", """{"a": 0, "b": 1, "ab": 2}"""), ("merges.txt", "#version: 0.2\na b\n"));
        TextTokenizer tokenizer = TextTokenizer.Load(files);

        Assert.Equal([2, 0], tokenizer.Encode("ab?a").Ids);
        Assert.Empty(tokenizer.Encode("é🙂").Ids);
        Assert.Null(tokenizer.EosTokenId);
    }

    private static byte[] Damage(byte[] bytes, Random random)
    {
        if (random.Next(2) == 0)
        {
            return bytes[..random.Next(bytes.Length)];
        }

        for (int i = 0; i < 3; i++)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private static bool WorksOrIsRefused(MemorySource files)
    {
        try
        {
            TextTokenizer tokenizer = TextTokenizer.Load(files);
            tokenizer.Decode(tokenizer.Encode("the cat 🙂\0 <s>é<|endoftext|>").Ids);
            tokenizer.Save(new MemorySource().Sink());
            return true;
        }
        catch (ModelFileException)
        {
            return false;
        }
    }
}

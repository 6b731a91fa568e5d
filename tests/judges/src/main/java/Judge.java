import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.PDFRevisionWrapper;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlObjectModification;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.pdf.AbstractPdfObjFactory;
import eu.europa.esig.dss.pdf.ServiceLoaderPdfObjFactory;
import eu.europa.esig.dss.pdf.modifications.DefaultPdfDifferencesFinder;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.policy.SignaturePolicyProvider;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.File;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Asks veraPDF and EU DSS about PDF files, offline, and prints one JSON line for each.
 *
 * <p>{@code judge --anchors root.pem [--flavour 2u|none] [--at 2036-01-01T00:00:00Z] [--no-signatures] FILE…}
 *
 * <p>DSS says TOTAL_PASSED for later page changes, annotations, untrusted timestamps and bytes after the end, so every
 * timestamp, every list of modifications and the reach of the last signature are told one by one. "clean" sums them up.
 */
public final class Judge {
    private static final int PAGES_COMPARED = 1000;

    private final String flavour;
    private final boolean signatures;
    private final Instant at;
    private final CommonCertificateVerifier verifier;

    private Judge(String flavour, boolean signatures, Instant at, Path anchors) throws Exception {
        this.flavour = flavour;
        this.signatures = signatures;
        this.at = at;
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        if (anchors != null) {
            try (InputStream in = Files.newInputStream(anchors)) {
                for (Certificate anchor : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    trusted.addCertificate(new CertificateToken((X509Certificate) anchor));
                }
            }
        }
        verifier = new CommonCertificateVerifier(true); // no sources: nothing is fetched
        verifier.setTrustedCertSources(trusted);
    }

    public static void main(String[] arguments) throws Exception {
        Logger.getLogger("").setLevel(Level.SEVERE);
        String flavour = "2u";
        boolean signatures = true;
        Instant at = null;
        Path anchors = null;
        List<String> files = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--anchors" -> anchors = Path.of(arguments[++i]);
                case "--flavour" -> flavour = arguments[++i];
                case "--at" -> at = Instant.parse(arguments[++i]);
                case "--no-signatures" -> signatures = false;
                default -> files.add(arguments[i]);
            }
        }
        if (files.isEmpty() || (signatures && anchors == null)) {
            System.err.println("judge --anchors root.pem [--flavour 2u|none] [--at TIME] [--no-signatures] FILE…");
            System.exit(2);
        }
        VeraGreenfieldFoundryProvider.initialise();
        Judge judge = new Judge(flavour, signatures, at, anchors);
        for (String file : files) {
            System.out.println(json(judge.judge(new File(file))));
        }
    }

    private Map<String, Object> judge(File file) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("file", file.getPath());
        if (!flavour.equals("none")) {
            out.put("pdfa", safely(() -> pdfa(file)));
        }
        if (signatures) {
            out.put("dss", safely(() -> dss(file)));
        }
        return out;
    }

    private interface Question {
        Object ask() throws Exception;
    }

    private static Object safely(Question question) {
        try {
            return question.ask();
        } catch (Throwable failure) {
            return Map.of("error", failure.toString());
        }
    }

    private Object pdfa(File file) throws Exception {
        PDFAFlavour wanted = PDFAFlavour.fromString(flavour);
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file, wanted);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(wanted, false)) {
            ValidationResult result = validator.validate(parser);
            TreeSet<String> failed = new TreeSet<>();
            for (TestAssertion assertion : result.getTestAssertions()) {
                if (assertion.getStatus() == TestAssertion.Status.FAILED) {
                    failed.add(assertion.getRuleId().getClause() + "-" + assertion.getRuleId().getTestNumber() + " "
                            + assertion.getMessage());
                }
            }
            Map<String, Object> out = new LinkedHashMap<>();
            out.put("flavour", flavour);
            out.put("compliant", result.isCompliant());
            out.put("failed", new ArrayList<>(failed));
            return out;
        }
    }

    private Object dss(File file) {
        PDFDocumentValidator validator = new PDFDocumentValidator(new FileDocument(file));
        validator.setCertificateVerifier(verifier);
        validator.setSignaturePolicyProvider(new SignaturePolicyProvider());
        DefaultPdfDifferencesFinder differences = new DefaultPdfDifferencesFinder();
        differences.setMaximalPagesAmountForVisualComparison(PAGES_COMPARED);
        AbstractPdfObjFactory factory = new ServiceLoaderPdfObjFactory();
        factory.setPdfDifferencesFinder(differences);
        validator.setPdfObjFactory(factory);
        if (at != null) {
            validator.setValidationTime(Date.from(at));
        }
        Reports reports = validator.validateDocument();
        SimpleReport report = reports.getSimpleReport();
        DiagnosticData data = reports.getDiagnosticData();

        long reach = 0;
        boolean clean = true;
        List<Object> signed = new ArrayList<>();
        for (SignatureWrapper signature : data.getSignatures()) {
            PDFRevisionWrapper revision = signature.getPDFRevision();
            Map<String, Object> one = verdict(report, signature.getId());
            one.put("format", signature.getSignatureFormat().toString());
            one.put("signer", report.getSignedBy(signature.getId()));
            one.put("modified", modified(revision));
            clean &= "TOTAL_PASSED".equals(one.get("indication")) && untouched(revision);
            reach = Math.max(reach, end(revision));
            signed.add(one);
        }
        List<Object> stamped = new ArrayList<>();
        for (TimestampWrapper timestamp : data.getTimestampList()) {
            PDFRevisionWrapper revision = timestamp.getPDFRevision();
            Map<String, Object> one = verdict(report, timestamp.getId());
            one.put("type", timestamp.getType().toString());
            one.put("time", timestamp.getProductionTime().toInstant().toString());
            one.put("modified", modified(revision));
            clean &= "PASSED".equals(one.get("indication")) && untouched(revision);
            reach = Math.max(reach, end(revision));
            stamped.add(one);
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("signatures", signed);
        out.put("timestamps", stamped);
        out.put("covers_last_byte", reach == file.length());
        out.put("clean", clean && !signed.isEmpty() && reach == file.length());
        return out;
    }

    private static Map<String, Object> verdict(SimpleReport report, String id) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("indication", String.valueOf(report.getIndication(id)));
        one.put("sub_indication", report.getSubIndication(id) == null ? null : report.getSubIndication(id).toString());
        one.put("errors", texts(report.getAdESValidationErrors(id)));
        one.put("warnings", texts(report.getAdESValidationWarnings(id)));
        return one;
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream().map(Message::getValue).toList();
    }

    private static boolean untouched(PDFRevisionWrapper revision) {
        return revision == null
                || (revision.isSignatureByteRangeValid()
                        && revision.getPdfAnnotationsOverlapConcernedPages().isEmpty()
                        && revision.getPdfVisualDifferenceConcernedPages().isEmpty()
                        && revision.getPdfPageDifferenceConcernedPages().isEmpty()
                        && revision.getPdfAnnotationChanges().isEmpty()
                        && revision.getPdfUndefinedChanges().isEmpty());
    }

    private static Map<String, Object> modified(PDFRevisionWrapper revision) {
        Map<String, Object> out = new LinkedHashMap<>();
        if (revision != null) {
            out.put("byte_range_valid", revision.isSignatureByteRangeValid());
            out.put("overlap", numbers(revision.getPdfAnnotationsOverlapConcernedPages()));
            out.put("visual", numbers(revision.getPdfVisualDifferenceConcernedPages()));
            out.put("pages", numbers(revision.getPdfPageDifferenceConcernedPages()));
            out.put("annotations", objects(revision.getPdfAnnotationChanges()));
            out.put("undefined", objects(revision.getPdfUndefinedChanges()));
            out.put("extension", objects(revision.getPdfExtensionChanges()));
            out.put("signature_or_form", objects(revision.getPdfSignatureOrFormFillChanges()));
        }
        return out;
    }

    private static List<String> numbers(List<BigInteger> pages) {
        return pages.stream().map(BigInteger::toString).toList();
    }

    private static List<String> objects(List<XmlObjectModification> changes) {
        return changes.stream().map(change -> change.getAction() + " " + change.getValue()).toList();
    }

    private static long end(PDFRevisionWrapper revision) {
        if (revision == null || revision.getSignatureByteRange().size() != 4) {
            return 0;
        }
        return revision.getSignatureByteRange().get(2).longValue() + revision.getSignatureByteRange().get(3).longValue();
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            List<String> parts = new ArrayList<>();
            map.forEach((key, part) -> parts.add(json(key) + ":" + json(part)));
            return "{" + String.join(",", parts) + "}";
        }
        if (value instanceof List<?> list) {
            return "[" + String.join(",", list.stream().map(Judge::json).toList()) + "]";
        }
        if (value == null || value instanceof Boolean || value instanceof Number) {
            return String.valueOf(value);
        }
        StringBuilder text = new StringBuilder("\"");
        for (char c : value.toString().toCharArray()) {
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < 0x20) {
                text.append(String.format("\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.append('"').toString();
    }
}
